//! Asks for each URL with a handle of its own. The crate sets an SSL_CTX function on every one.
use curl::easy::Easy;

fn main() -> Result<(), curl::Error> {
    for url in std::env::args().skip(1) {
        let mut easy = Easy::new();
        easy.url(&url)?;
        easy.write_function(|data| Ok(data.len()))?;
        easy.perform()?;
        println!("{}", easy.response_code()?);
    }
    Ok(())
}
