// P/Invoke under Mono (dlopen and dlsym): mono_pinvoke.exe URL
using System;
using System.Runtime.InteropServices;

static class Client
{
    const string Library = "libcurl.so.4";
    const int Url = 10002, NoBody = 44, ResponseCode = 0x200002;

    [DllImport(Library)] static extern IntPtr curl_easy_init();
    [DllImport(Library)] static extern int curl_easy_setopt(IntPtr easy, int option, string value);
    [DllImport(Library)] static extern int curl_easy_setopt(IntPtr easy, int option, IntPtr value);
    [DllImport(Library)] static extern int curl_easy_perform(IntPtr easy);
    [DllImport(Library)] static extern int curl_easy_getinfo(IntPtr easy, int info, out IntPtr value);
    [DllImport(Library)] static extern void curl_easy_cleanup(IntPtr easy);

    static void Main(string[] arguments)
    {
        IntPtr easy = curl_easy_init();
        IntPtr status;
        curl_easy_setopt(easy, Url, arguments[0]);
        curl_easy_setopt(easy, NoBody, (IntPtr)1);
        curl_easy_perform(easy);
        curl_easy_getinfo(easy, ResponseCode, out status);
        Console.WriteLine(status);
        curl_easy_cleanup(easy);
    }
}
