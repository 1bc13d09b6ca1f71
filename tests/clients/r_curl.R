# R: the package curl, the package RCurl, R's own download.file: r_curl.R curl|multi|RCurl|download URL...
arguments <- commandArgs(trailingOnly = TRUE)
urls <- arguments[-1]
switch(arguments[1],
    curl = for (url in urls) cat(curl::curl_fetch_memory(url)$status_code, "\n"),
    multi = {
        pool <- curl::new_pool()
        for (url in urls)
            curl::curl_fetch_multi(url, done = function(answer) cat(answer$status_code, "\n"), pool = pool)
        invisible(curl::multi_run(pool = pool))
    },
    RCurl = for (url in urls) {
        headers <- RCurl::basicHeaderGatherer()
        invisible(RCurl::getURL(url, headerfunction = headers$update))
        cat(headers$value()[["status"]], "\n")
    },
    download = for (url in urls) try(download.file(url, tempfile(), method = "libcurl", quiet = TRUE))
)
