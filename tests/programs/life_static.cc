// life_static.cc - a C++ object whose constructor and destructor make requests, outside of main.
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace
{
size_t discard(char *, size_t size, size_t count, void *)
{
    return size * count;
}

class Client
{
  public:
    Client()
    {
        get("https://app.commissioned.tech/yes/constructor");
        get("https://localhost/no/constructor");
    }
    ~Client()
    {
        get("https://app.commissioned.tech/yes/destructor");
        get("https://localhost/no/destructor");
    }

  private:
    static void get(const std::string &url)
    {
        const std::string to = std::string(":443:127.0.0.1:") + getenv("ORIGIN_TLS");
        curl_slist *routes = curl_slist_append(nullptr, ("app.commissioned.tech" + to).c_str());
        routes = curl_slist_append(routes, ("localhost" + to).c_str());
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
        curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
        if (curl_easy_perform(easy) != CURLE_OK)
            _Exit(1);
        curl_easy_cleanup(easy);
        curl_slist_free_all(routes);
    }
};

Client client;
} // namespace

int main()
{
    return 0;
}
