/* doc/transcript.md is what happens: the same commands with the same ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/old_libcurl.h"
#include "support/suite.h"

static struct outcome outcome;

/* Dates, ports and first characters of keys differ from run to run; these lines do not. */
static bool is_structure(const char *line)
{
    return strncmp(line, "## ", 3) == 0 || strncmp(line, "    $ ", 6) == 0 ||
           strncmp(line, "    (exit status", 16) == 0;
}

static void structure_of(const char *text, char *lines, size_t room)
{
    size_t used = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t length = strcspn(line, "\n");
        if (!is_structure(line))
            continue;
        ck_assert_uint_lt(used + length + 2, room);
        memcpy(lines + used, line, length);
        lines[used + length] = '\n';
        used += length + 1;
    }
    lines[used] = '\0';
}

START_TEST(the_life_of_a_key_goes_as_the_transcript_says)
{
    static char written[1 << 16], happened[1 << 16];
    char build[PATH_MAX];
    const char *text = text_of("doc/transcript.md");
    ck_assert_ptr_nonnull(text);
    structure_of(text, written, sizeof written);
#ifdef __SANITIZE_ADDRESS__
    puts("SKIP the_life_of_a_key_goes_as_the_transcript_says: a sanitised library cannot be "
         "preloaded into curl");
    return;
#endif
    if (exists("/etc/commissioned-auth/commissioned-auth.conf")) {
        puts("SKIP the_life_of_a_key_goes_as_the_transcript_says: this machine has a configuration "
             "of its own");
        return;
    }
    built(build, "");
    OUTCOME(&outcome, "tests/transcript", build);
    ck_assert_msg(outcome.status == 0, "%.2000s%.2000s", outcome.out, outcome.err);
    if (libcurl_before(0x075000)) {
        puts(
            "SKIP the_life_of_a_key_goes_as_the_transcript_says: it went well, but doctor warns of "
            "this libcurl");
        return;
    }
    structure_of(outcome.out, happened, sizeof happened);
    ck_assert_str_eq(happened, written);
    /* Sections and commands there are, or nothing was compared. */
    ck_assert_ptr_nonnull(strstr(happened, "## Remove\n"));
    ck_assert_ptr_nonnull(strstr(happened, "run -- curl"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transcript");
    TCase *life = tcase_create("life");
    tcase_set_timeout(life, 300);
    tcase_add_test(life, the_life_of_a_key_goes_as_the_transcript_says);
    suite_add_tcase(suite, life);

    return suite_run(suite);
}
