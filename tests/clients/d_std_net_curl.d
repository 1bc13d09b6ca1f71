// std.net.curl: dlopen and dlsym by druntime's own list of names. d_std_net_curl URL...
import std.net.curl, std.stdio;

void main(string[] arguments)
{
    foreach (url; arguments[1 .. $])
    {
        auto http = HTTP(url);
        http.onReceive = (ubyte[] data) => data.length;
        http.perform();
        writeln(http.statusLine.code);
    }
}
