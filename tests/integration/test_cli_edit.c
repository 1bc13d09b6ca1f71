/* `config edit`: what cannot be used never takes the place of what can, and nothing is lost. */
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"

#define GOOD "rules = ();\n"
#define NEW  "rules = (); # new\n"
#define BAD  "rules = (\n"

static char command[PATH_MAX], folder[PATH_MAX], conf[PATH_MAX], editor[PATH_MAX];
static struct outcome outcome;

static void setup(void)
{
    umask(022);
    scratch_make(folder);
    built(command, "commissioned-auth");
    in_folder(conf, folder, "my.conf");
    in_folder(editor, folder, "editor");
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    unsetenv("VISUAL");
    setenv("EDITOR", editor, 1);
    setenv("CONF", conf, 1);
    setenv("C", command, 1);
    write_file(conf, GOOD, 0640);
}

static void teardown(void)
{
    scratch_remove(folder);
}

/* What the editor does with the file that it is given, $1. */
static void editor_does(const char *script)
{
    char text[2048];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    write_file(editor, text, 0755);
}

static int edit(void)
{
    OUTCOME(&outcome, command, "config", "edit", conf);
    return outcome.status;
}

static const char *beside(const char *name)
{
    static char path[PATH_MAX];
    in_folder(path, folder, name);
    return path;
}

static void is_as_it_was(void)
{
    ck_assert_str_eq(text_of(conf), GOOD);
    ck_assert_msg(!exists(beside(".my.conf.edit")), "a copy was left");
}

START_TEST(what_is_good_takes_the_files_place)
{
    struct stat st;
    editor_does("case $1 in */.my.conf.edit) ;; *) exit 9 ;; esac\n"
                "[ \"$(stat -c %a \"$1\")\" = 600 ] || exit 8\n"
                "cmp -s \"$1\" \"$CONF\" || exit 7\n"
                "printf 'rules = (); # new\\n' >\"$1.x\" && mv \"$1.x\" \"$1\"");
    ck_assert_msg(edit() == 0, "%s", outcome.err);
    ck_assert_str_eq(text_of(conf), NEW);
    ck_assert_int_eq(stat(conf, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    ck_assert(!exists(beside(".my.conf.edit")));
    ck_assert(!exists(beside(".my.conf.kept")));
}
END_TEST

START_TEST(visual_comes_first_and_may_have_options)
{
    char line[PATH_MAX + 16];
    editor_does("[ \"$1\" = --wait ] && printf 'rules = (); # new\\n' >\"$2\"");
    snprintf(line, sizeof line, "'%s' --wait", editor);
    setenv("VISUAL", line, 1);
    setenv("EDITOR", "false", 1);
    ck_assert_msg(edit() == 0, "%s", outcome.err);
    ck_assert_str_eq(text_of(conf), NEW);
}
END_TEST

START_TEST(what_is_bad_is_refused_with_line_and_file_and_kept_beside_it)
{
    char expected[PATH_MAX + 64];
    editor_does("printf 'rules = (\\n' >\"$1\"");
    ck_assert_int_eq(edit(), 78);
    is_as_it_was();
    snprintf(expected, sizeof expected, "%s:", conf);
    ck_assert_msg(strstr(outcome.err, expected) != NULL, "%s", outcome.err);
    ck_assert_str_eq(text_of(beside(".my.conf.kept")), BAD);
}
END_TEST

/* The editor is one that fails, is killed, removes the file, empties a new one, changes nothing. */
static const struct {
    const char *script;
    int status;
    bool kept;
} ends[] = {
    {"exit 1", 2, false},
    {"printf 'rules = (); # new\\n' >\"$1\"; exit 1", 2, true},
    {"kill -9 $$", 2, false},
    {"rm \"$1\"", 0, false},
    {":", 0, false},
    {"touch \"$1\"", 0, false},
    {"rm \"$1\"; ln -s /etc/passwd \"$1\"", 2, true},
    {"rm \"$1\"; mkfifo \"$1\"", 2, true},
    {"head -c 3000000 /dev/zero >\"$1\"", 78, true},
    {": >\"$1\"", 2, false}, /* as a full disk leaves it; every key and every deny would be gone */
};

START_TEST(whatever_the_editor_does_the_file_is_as_it_was)
{
    editor_does(ends[_i].script);
    ck_assert_msg(edit() == ends[_i].status, "%d: %s", outcome.status, outcome.err);
    ck_assert_str_eq(text_of(conf), GOOD);
    ck_assert_int_eq(exists(beside(".my.conf.kept")), ends[_i].kept);
}
END_TEST

static const struct {
    const char *leaves; /* the editor's script */
    const char *sentence;
    const char *test; /* of what is kept, for test(1) */
} no_files[] = {
    {"rm \"$1\"; mkdir \"$1\"", "/.my.conf.edit is no regular file\n", "-d"},
    {"rm \"$1\"; mkfifo \"$1\"", "/.my.conf.edit is no regular file\n", "-p"},
    {"rm \"$1\"; ln -s /dev/zero \"$1\"", "/.my.conf.edit is no regular file\n", "-h"},
};

START_TEST(an_editor_that_leaves_no_file_is_told_so_once)
{
    char line[PATH_MAX + 64];
    editor_does(no_files[_i].leaves);
    ck_assert_int_eq(edit(), 2);
    is_as_it_was();
    const char *said = strstr(outcome.err, no_files[_i].sentence);
    ck_assert_msg(said != NULL, "%s", outcome.err);
    ck_assert_msg(strstr(said + 1, no_files[_i].sentence) == NULL, "%s", outcome.err);
    snprintf(line, sizeof line, "test %s '%s'", no_files[_i].test, beside(".my.conf.kept"));
    ck_assert_msg(system(line) == 0, "%s", outcome.err);
}
END_TEST

START_TEST(what_was_kept_before_stays_kept)
{
    editor_does("echo 'rules = ( # first' >\"$1\"");
    ck_assert_int_eq(edit(), 78);
    editor_does("echo 'rules = ( # second' >\"$1\"");
    ck_assert_int_eq(edit(), 78);
    ck_assert_str_eq(text_of(beside(".my.conf.kept")), "rules = ( # first\n");
    ck_assert_str_eq(text_of(beside(".my.conf.kept.2")), "rules = ( # second\n");
    ck_assert_ptr_nonnull(strstr(outcome.err, ".my.conf.kept.2"));
}
END_TEST

/* What is no file that can be edited: it is said what it is, and nothing is left beside it. */
static const struct {
    const char *make, *sentence;
} others[] = {
    {"ln -s nowhere my.conf", "leads to a file that is not there"},
    {"ln -s nowhere/at/all my.conf", "leads to a file that is not there"},
    {"mkdir my.conf", "is no regular file"},
    {"mkfifo my.conf", "is no regular file"},
};

START_TEST(what_is_no_file_is_refused_in_words)
{
    char script[PATH_MAX + 64];
    snprintf(script, sizeof script, "cd '%s' && rm my.conf && %s", folder, others[_i].make);
    ck_assert_int_eq(system(script), 0);
    editor_does("printf 'rules = (); # new\\n' >\"$1\"");
    ck_assert_int_eq(edit(), 2);
    ck_assert_msg(strstr(outcome.err, others[_i].sentence) != NULL, "%s", outcome.err);
    ck_assert(!exists(beside(".my.conf.lock")));
}
END_TEST

START_TEST(a_folders_name_is_no_files)
{
    OUTCOME(&outcome, command, "config", "edit", beside("new/"));
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, "names no file") != NULL, "%s", outcome.err);
    ck_assert(!exists(beside("new")));
}
END_TEST

START_TEST(without_an_editor_the_file_is_as_it_was)
{
    setenv("EDITOR", "/nonexistent/editor", 1);
    ck_assert_int_eq(edit(), 2);
    is_as_it_was();
    ck_assert_ptr_nonnull(strstr(outcome.err, "VISUAL and EDITOR"));
}
END_TEST

START_TEST(a_full_disk_leaves_the_file_as_it_was)
{
    editor_does("{ cat \"$1\"; head -c 40000 /dev/zero | tr '\\0' '#'; } >\"$HOME/big\"\n"
                "cat \"$HOME/big\" >\"$1\"");
    OUTCOME(&outcome, "unshare", "-m", "sh", "-c",
            "mkdir $HOME/small && mount -t tmpfs -o size=64k,mode=755 x $HOME/small && "
            "cp $CONF $HOME/small && $C config edit $HOME/small/my.conf; s=$?; "
            "cat $HOME/small/my.conf; exit $s");
    if (strstr(outcome.err, "unshare") != NULL || strstr(outcome.err, "mount:") != NULL) {
        puts("SKIP a_full_disk_leaves_the_file_as_it_was: this process may not mount");
        return;
    }
    ck_assert_msg(outcome.status == 2, "%d %s", outcome.status, outcome.err);
    ck_assert_str_eq(outcome.out, GOOD);
    ck_assert_msg(strstr(outcome.err, "No space left") != NULL, "%s", outcome.err);
}
END_TEST

START_TEST(a_second_edit_is_told_who_has_the_file)
{
    editor_does("$C config edit \"$CONF\" 2>\"$HOME/second\"; echo $? >>\"$HOME/second\"");
    ck_assert_int_eq(edit(), 0);
    const char *said = text_of(beside("second"));
    ck_assert_ptr_nonnull(strstr(said, "is editing it: wait for it, or end it first\n2\n"));
    is_as_it_was();
}
END_TEST

START_TEST(what_somebody_else_wrote_meanwhile_is_not_lost)
{
    editor_does("echo '# theirs' >>\"$CONF\"; printf 'rules = (); # new\\n' >\"$1\"");
    ck_assert_int_eq(edit(), 2);
    ck_assert_str_eq(text_of(conf), GOOD "# theirs\n");
    ck_assert_str_eq(text_of(beside(".my.conf.kept")), NEW);
}
END_TEST

/* An editor that goes on in the background: what is looked at is not what was read before. */
START_TEST(what_changes_while_it_is_looked_at_does_not_get_in)
{
    char library[PATH_MAX];
    editor_does("printf 'rules = (\\n' >\"$1\"");
    built(library, "tests/fixtures/writes_midway.so");
    setenv("MIDWAY_FILE", beside(".my.conf.edit"), 1);
    setenv("MIDWAY_TEXT", NEW, 1);
    setenv("LD_PRELOAD", library, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    int status = edit();
    unsetenv("LD_PRELOAD");
    unsetenv("ASAN_OPTIONS");
    ck_assert_int_eq(status, 78);
    is_as_it_was();
    ck_assert_str_eq(text_of(beside(".my.conf.kept")), NEW);
    ck_assert_ptr_nonnull(strstr(outcome.err, "while it was looked at"));
}
END_TEST

START_TEST(what_a_killed_edit_left_is_kept)
{
    editor_does("printf 'rules = (); # new\\n' >\"$1\"; p=$PPID\n"
                "[ \"$(cat /proc/$p/comm)\" != sh ] || p=$(cut -d' ' -f4 /proc/$p/stat)\n"
                "kill -9 $p");
    ck_assert_int_eq(edit(), 137);
    ck_assert_str_eq(text_of(conf), GOOD);
    editor_does(":");
    ck_assert_int_eq(edit(), 0);
    ck_assert_ptr_nonnull(strstr(outcome.err, "what was written is kept as "));
    ck_assert_str_eq(text_of(beside(".my.conf.kept")), NEW);
    is_as_it_was();
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat st;
    char link[PATH_MAX];
    in_folder(link, folder, "link.conf");
    ck_assert_int_eq(symlink("my.conf", link), 0);
    editor_does("printf 'rules = (); # new\\n' >\"$1\"");
    OUTCOME(&outcome, command, "config", "edit", link);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_int_eq(lstat(link, &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_str_eq(text_of(conf), NEW);
}
END_TEST

START_TEST(a_file_that_is_not_there_yet_is_made_with_its_folder)
{
    struct stat st;
    editor_does("printf 'rules = (); # new\\n' >\"$1\"");
    OUTCOME(&outcome, command, "config", "edit");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_str_eq(text_of(beside("commissioned-auth/commissioned-auth.conf")), NEW);
    ck_assert_int_eq(stat(beside("commissioned-auth/commissioned-auth.conf"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_key_does_not_get_into_a_file_that_others_read)
{
    editor_does("printf 'api_key = \"%s\";\\n' \"$(head -c 33 /dev/urandom | base64 | tr +/ ab)\" "
                ">\"$1\"");
    ck_assert_int_eq(edit(), 78);
    is_as_it_was();
    ck_assert_ptr_nonnull(strstr(outcome.err, "mode 0640 would let others read the key"));
    ck_assert_int_eq(chmod(conf, 0600), 0);
    ck_assert_msg(edit() == 0, "%s", outcome.err);
}
END_TEST

START_TEST(a_key_that_is_not_stored_yet_is_told_and_no_obstacle)
{
    editor_does("printf 'keys = ( { name = \"k\"; file = \"/nonexistent/k\"; } );\\n"
                "rules = ( { name = \"r\"; key = \"k\"; } );\\n' >\"$1\"");
    ck_assert_msg(edit() == 0, "%s", outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.err, "/nonexistent/k: no such file"));
}
END_TEST

/* ---- at a terminal --------------------------------------------------------------------------- */

/* What is typed is there before it is asked for; the terminal keeps it. Returns the exit status. */
static int edit_at_a_terminal(const char *typed)
{
    int master, status;
    char byte;
    pid_t child = forkpty(&master, NULL, NULL, NULL);
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl(command, command, "config", "edit", conf, (char *)NULL);
        _exit(99);
    }
    ck_assert_int_eq(write(master, typed, strlen(typed)), (ssize_t)strlen(typed));
    while (read(master, &byte, 1) == 1)
        ;
    waitpid(child, &status, 0);
    close(master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(at_a_terminal_it_can_be_edited_again)
{
    if (lacks_terminals(__func__))
        return;
    editor_does("if grep -q BAD \"$1\"; then printf 'rules = (); # new\\n' >\"$1\"\n"
                "else echo 'rules = ( # BAD' >\"$1\"; fi");
    ck_assert_int_eq(edit_at_a_terminal("e\n"), 0);
    ck_assert_str_eq(text_of(conf), NEW);
}
END_TEST

START_TEST(at_a_terminal_it_can_be_given_up)
{
    if (lacks_terminals(__func__))
        return;
    editor_does("echo 'rules = ( # BAD' >\"$1\"");
    ck_assert_int_eq(edit_at_a_terminal("what?\nx\n"), 78);
    is_as_it_was();
    ck_assert(!exists(beside(".my.conf.kept")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("edit");
    TCase *edits = tcase_create("edits");
    tcase_add_checked_fixture(edits, setup, teardown);
    tcase_set_timeout(edits, 120);
    tcase_add_loop_test(edits, an_editor_that_leaves_no_file_is_told_so_once, 0,
                        (int)(sizeof no_files / sizeof no_files[0]));
    tcase_add_test(edits, what_is_good_takes_the_files_place);
    tcase_add_test(edits, visual_comes_first_and_may_have_options);
    tcase_add_test(edits, what_is_bad_is_refused_with_line_and_file_and_kept_beside_it);
    tcase_add_loop_test(edits, whatever_the_editor_does_the_file_is_as_it_was, 0,
                        (int)(sizeof ends / sizeof *ends));
    tcase_add_test(edits, what_was_kept_before_stays_kept);
    tcase_add_loop_test(edits, what_is_no_file_is_refused_in_words, 0,
                        sizeof others / sizeof others[0]);
    tcase_add_test(edits, a_folders_name_is_no_files);
    tcase_add_test(edits, without_an_editor_the_file_is_as_it_was);
    tcase_add_test(edits, a_full_disk_leaves_the_file_as_it_was);
    tcase_add_test(edits, a_second_edit_is_told_who_has_the_file);
    tcase_add_test(edits, what_somebody_else_wrote_meanwhile_is_not_lost);
    tcase_add_test(edits, what_changes_while_it_is_looked_at_does_not_get_in);
    tcase_add_test(edits, what_a_killed_edit_left_is_kept);
    tcase_add_test(edits, a_link_stays_a_link);
    tcase_add_test(edits, a_file_that_is_not_there_yet_is_made_with_its_folder);
    tcase_add_test(edits, a_key_does_not_get_into_a_file_that_others_read);
    tcase_add_test(edits, a_key_that_is_not_stored_yet_is_told_and_no_obstacle);
    tcase_add_test(edits, at_a_terminal_it_can_be_edited_again);
    tcase_add_test(edits, at_a_terminal_it_can_be_given_up);
    suite_add_tcase(suite, edits);
    return suite_run(suite);
}
