// JNA, interface mapping: dlopen and dlsym of libjnidispatch, called through libffi. java Jna.java LIBRARY easy|multi URL...
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.NativeLongByReference;

class Jna {
    interface Curl extends Library {
        Pointer curl_easy_init();
        int curl_easy_setopt(Pointer easy, int option, Object... value);
        int curl_easy_perform(Pointer easy);
        int curl_easy_getinfo(Pointer easy, int info, Object... value);
        void curl_easy_cleanup(Pointer easy);
        Pointer curl_multi_init();
        int curl_multi_add_handle(Pointer multi, Pointer easy);
        int curl_multi_remove_handle(Pointer multi, Pointer easy);
        int curl_multi_perform(Pointer multi, IntByReference running);
        int curl_multi_poll(Pointer multi, Pointer extra, int count, int milliseconds, IntByReference ready);
        int curl_multi_cleanup(Pointer multi);
    }

    static final int URL = 10002, NOBODY = 44, RESPONSE_CODE = 0x200002;

    public static void main(String[] arguments) {
        Curl curl = Native.load(arguments[0], Curl.class);
        Pointer[] handles = new Pointer[arguments.length - 2];
        for (int i = 0; i < handles.length; i++) {
            handles[i] = curl.curl_easy_init();
            curl.curl_easy_setopt(handles[i], URL, arguments[i + 2]);
            curl.curl_easy_setopt(handles[i], NOBODY, 1L);
        }
        if (arguments[1].equals("easy")) {
            for (Pointer easy : handles)
                curl.curl_easy_perform(easy);
        } else {
            Pointer multi = curl.curl_multi_init();
            for (Pointer easy : handles)
                curl.curl_multi_add_handle(multi, easy);
            IntByReference running = new IntByReference(1);
            while (running.getValue() > 0) {
                curl.curl_multi_perform(multi, running);
                curl.curl_multi_poll(multi, null, 0, 1000, null);
            }
            for (Pointer easy : handles)
                curl.curl_multi_remove_handle(multi, easy);
            curl.curl_multi_cleanup(multi);
        }
        for (Pointer easy : handles) {
            NativeLongByReference status = new NativeLongByReference();
            curl.curl_easy_getinfo(easy, RESPONSE_CODE, status);
            System.out.println(status.getValue());
            curl.curl_easy_cleanup(easy);
        }
    }
}
