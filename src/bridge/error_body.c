#include "bridge/error_body.h"

#include <stdio.h>

char *error_body(const char *code, const char *sentence)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fputs("{\"error\":{\"message\":\"", out);
    for (; *sentence != '\0'; sentence++) {
        unsigned char c = (unsigned char)*sentence;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ' || c == '\'')
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fprintf(out, "\",\"type\":\"bridge_error\",\"param\":null,\"code\":\"%s\"}}", code);
    return fclose(out) == 0 ? text : NULL;
}
