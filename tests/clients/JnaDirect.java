// JNA, direct mapping: JNI methods that libjnidispatch registers with dlsym's answers. java JnaDirect.java LIBRARY URL
// It knows no variable arguments: on x86-64 and arm64 Linux a long or a pointer goes where a variable argument goes.
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.NativeLongByReference;

class JnaDirect {
    static native Pointer curl_easy_init();
    static native int curl_easy_setopt(Pointer easy, int option, String value);
    static native int curl_easy_setopt(Pointer easy, int option, NativeLong value);
    static native int curl_easy_perform(Pointer easy);
    static native int curl_easy_getinfo(Pointer easy, int info, NativeLongByReference value);
    static native void curl_easy_cleanup(Pointer easy);

    public static void main(String[] arguments) {
        Native.register(arguments[0]);
        Pointer easy = curl_easy_init();
        curl_easy_setopt(easy, 10002, arguments[1]);
        curl_easy_setopt(easy, 44, new NativeLong(1));
        curl_easy_perform(easy);
        NativeLongByReference status = new NativeLongByReference();
        curl_easy_getinfo(easy, 0x200002, status);
        System.out.println(status.getValue());
        curl_easy_cleanup(easy);
    }
}
