/* A program that asks dlsym for names that are not libcurl's, as most that ask it anything do. */
#include <dlfcn.h>
#include <stdlib.h>

int main(void)
{
    void *handle = dlopen("libm.so.6", RTLD_LAZY);
    if (handle == NULL || dlsym(handle, "cos") == NULL || dlsym(RTLD_DEFAULT, "malloc") == NULL)
        return EXIT_FAILURE;
    for (int i = 0; i < 8; i++)
        if (dlsym(handle, "sin") == NULL)
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
