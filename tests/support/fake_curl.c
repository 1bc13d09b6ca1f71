#include "fake_curl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <check.h>

enum { MAX_OPTIONS = 64 };

static struct {
    CURLoption option;
    uintptr_t value;
} kept[MAX_OPTIONS];
static unsigned nkept;

CURLcode fake_answer;
unsigned fake_calls;

static CURLcode keep(CURL *easy, CURLoption option, ...)
{
    va_list list;
    va_start(list, option);
    uintptr_t value = va_arg(list, uintptr_t);
    va_end(list);
    (void)easy;
    fake_calls++;
    errno = EBADF;
    if (fake_answer != CURLE_OK)
        return fake_answer;
    unsigned i = 0;
    while (i < nkept && kept[i].option != option)
        i++;
    ck_assert_uint_lt(i, MAX_OPTIONS);
    kept[i].option = option;
    kept[i].value = value;
    nkept += i == nkept;
    return CURLE_OK;
}

const struct provider fake_provider = {.real = {.easy_setopt = keep}, .version = 0x075801};

void fake_reset(void)
{
    memset(kept, 0, sizeof kept);
    nkept = 0;
    fake_calls = 0;
    fake_answer = CURLE_OK;
}

uintptr_t fake_value(CURLoption option)
{
    for (unsigned i = 0; i < nkept; i++)
        if (kept[i].option == option)
            return kept[i].value;
    return 0;
}
