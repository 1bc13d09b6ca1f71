// curlpp, from C++: cpp_curlpp URL
#include <iostream>
#include <sstream>

#include <curlpp/Easy.hpp>
#include <curlpp/Infos.hpp>
#include <curlpp/Options.hpp>

int main(int, char **argv)
{
    curlpp::Easy easy;
    std::ostringstream body;
    easy.setOpt(curlpp::options::Url(argv[1]));
    easy.setOpt(curlpp::options::WriteStream(&body));
    easy.perform();
    std::cout << curlpp::infos::ResponseCode::get(easy) << "\n";
}
