/* The verbs below `key`, on a store of their own. Keys are made on the spot. */
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "support/suite.h"

enum { KEY_LENGTH = 40, SHOWN = KEY_LENGTH / 4 };

static char command[PATH_MAX], folder[PATH_MAX], store[PATH_MAX];
static char key[KEY_LENGTH + 2], other_key[KEY_LENGTH + 2]; /* each with a newline */
static struct outcome outcome;

static void make_key(char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned char random[KEY_LENGTH];
    ck_assert_int_eq(getrandom(random, sizeof random, 0), KEY_LENGTH);
    for (int i = 0; i < KEY_LENGTH; i++)
        text[i] = letters[random[i] % (sizeof letters - 1)];
    strcpy(text + KEY_LENGTH, "\n");
}

static void setup(void)
{
    umask(022);
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    scratch_make(folder);
    in_folder(store, folder, "keys.d");
    built(command, "commissioned-auth");
    make_key(key);
    make_key(other_key);
}

static void teardown(void)
{
    scratch_remove(folder);
}

/* Whatever a verb prints, the key is not in it. */
static void shows_no_key(void)
{
    char middle[KEY_LENGTH];
    const char *const keys[] = {key, other_key};
    for (int i = 0; i < 2; i++) {
        /* One character more than may be shown. */
        snprintf(middle, sizeof middle, "%.*s", SHOWN + 1, keys[i]);
        ck_assert_ptr_null(strstr(outcome.out, middle));
        ck_assert_ptr_null(strstr(outcome.err, middle));
    }
}

static int with_input(const char *input, const char *const argv[])
{
    outcome_of(&outcome, input, NULL, NULL, argv);
    shows_no_key();
    return outcome.status;
}

#define KEY(input, ...)                                                                            \
    with_input(input, (const char *const[]){command, "key", __VA_ARGS__, "--dir", store, NULL})

static const char *stored(const char *name)
{
    char path[PATH_MAX];
    in_folder(path, store, name);
    return text_of(path);
}

static mode_t mode_of(const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    in_folder(path, store, name);
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

START_TEST(add_stores_the_key_and_a_newline_for_its_owner_alone)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_str_eq(stored("prod"), key);
    ck_assert_int_eq(mode_of("prod"), 0600);
}
END_TEST

START_TEST(add_shows_the_prefix)
{
    char shown[64];
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    snprintf(shown, sizeof shown, "(%.*s...)", SHOWN, key);
    ck_assert_ptr_nonnull(strstr(outcome.out, shown));
}
END_TEST

START_TEST(the_umask_does_not_widen_or_narrow_the_mode)
{
    umask(0);
    ck_assert_int_eq(KEY(key, "add", "a"), 0);
    umask(0777);
    ck_assert_int_eq(KEY(key, "add", "b"), 0);
    umask(022);
    ck_assert_int_eq(mode_of("a"), 0600);
    ck_assert_int_eq(mode_of("b"), 0600);
}
END_TEST

START_TEST(a_group_may_be_let_read)
{
    const struct group *group = getgrgid(getgid());
    struct stat st;
    char path[PATH_MAX];
    ck_assert_ptr_nonnull(group);
    ck_assert_int_eq(KEY(key, "add", "prod", "--group", group->gr_name), 0);
    in_folder(path, store, "prod");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_gid, getgid());
    ck_assert_int_eq(mode_of("prod"), 0640);
}
END_TEST

START_TEST(an_unknown_group_is_refused_before_the_key_is_asked_for)
{
    ck_assert_int_eq(KEY(key, "add", "prod", "--group", "no-such-group"), 2);
    ck_assert_ptr_null(stored("prod"));
}
END_TEST

START_TEST(what_is_known_about_a_key_is_kept_and_is_no_secret)
{
    json_t *object;
    ck_assert_int_eq(KEY(key, "add", "prod", "-e", "production", "-a", "reports", "-r", "90d"), 0);
    ck_assert_ptr_null(strstr(stored("prod.meta"), "secret"));
    ck_assert_int_eq(KEY(NULL, "show", "prod", "--json"), 0);
    object = json_loads(outcome.out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(object, "environment")), "production");
    ck_assert_str_eq(json_string_value(json_object_get(object, "application")), "reports");
    ck_assert_str_eq(json_string_value(json_object_get(object, "rotate_after")), "90d");
    ck_assert_int_gt(json_integer_value(json_object_get(object, "created")), 1500000000);
    ck_assert_uint_eq(json_string_length(json_object_get(object, "prefix")), SHOWN);
    json_decref(object);
}
END_TEST

START_TEST(a_key_is_not_overwritten_by_add)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(other_key, "add", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "key rotate prod"));
    ck_assert_str_eq(stored("prod"), key);
}
END_TEST

static const char *const no_keys[] = {
    "", "\n", "two words\n", "two\nlines\n", "bell\a\n", "umlaut\xc3\xa4\n", "tab\tkey\n", "a\rb\n",
};

START_TEST(what_is_no_key_is_refused)
{
    ck_assert_int_eq(KEY(no_keys[_i], "add", "prod"), 2);
    ck_assert_ptr_null(stored("prod"));
    ck_assert_ptr_null(stored("prod.meta"));
}
END_TEST

START_TEST(the_line_end_of_another_system_is_taken_off)
{
    char line[KEY_LENGTH + 8];
    snprintf(line, sizeof line, "%.*s\r\n", KEY_LENGTH, key);
    ck_assert_int_eq(KEY(line, "add", "prod"), 0);
    ck_assert_str_eq(stored("prod"), key);
}
END_TEST

START_TEST(blanks_that_were_pasted_along_are_taken_off)
{
    char line[KEY_LENGTH + 16];
    snprintf(line, sizeof line, " \t%.*s \t\r\n", KEY_LENGTH, key);
    ck_assert_int_eq(KEY(line, "add", "prod"), 0);
    ck_assert_str_eq(stored("prod"), key);
}
END_TEST

/* @ is the key. Each is refused with a word on what it is, and nothing of it is repeated. */
static const struct {
    const char *pasted, *word;
} unlike_keys[] = {
    {"Bearer @\n", "'Bearer' is no part of it"},
    {"bearer @", "'Bearer' is no part of it"},
    {"Authorization: Bearer @\n", "'Authorization: Bearer' is no part of it"},
    {"authorization:@\n", "'Authorization: Bearer' is no part of it"},
    {"OPENAI_API_KEY=@\n", "'NAME=' is no part of it"},
    {"export OPENAI_API_KEY=@\n", "'NAME=' is no part of it"},
    {"api_key=@\n", "'NAME=' is no part of it"},
    {"token=@\n", "'NAME=' is no part of it"},
    {"$COMMISSIONED_API_KEY\n", "a variable's name"},
    {"${OPENAI_API_KEY}\n", "a variable's name"},
    {"@;\n", "',' and ';' are no part of it"},
    {"@\",\n", "',' and ';' are no part of it"},
    {"op://vault/@\n", "this is an address"},
    {"'@'\n", "quotes are no part of it"},
    {"\"@\"", "quotes are no part of it"},
    {"\xe2\x80\x9c@\xe2\x80\x9d\n", "word processor"},
    {"{\"key\":\"@\"}\n", "this is JSON"},
    {"curl -H 'Authorization: Bearer @' https://app.commissioned.tech\n", "this is a command"},
    {"https://app.commissioned.tech/keys/@\n", "this is an address"},
    {"/root/@\n", "this is a file's name"},
    {"cmt_abcd...wxyz\n", "in part"},
    {"cmt_abcd****\n", "in part"},
    {"xxxxxxxxxxxxxxxx\n", "in documents"},
    {"YOUR_API_KEY\n", "in documents"},
    {"<key>\n", "in documents"},
};

START_TEST(what_is_pasted_in_a_key_s_place_is_refused_by_its_name)
{
    char text[256];
    const char *pasted = unlike_keys[_i].pasted;
    const char *at = strchr(pasted, '@');
    snprintf(text, sizeof text, "%s", pasted);
    if (at != NULL)
        snprintf(text, sizeof text, "%.*s%.*s%s", (int)(at - pasted), pasted, KEY_LENGTH, key,
                 at + 1);
    ck_assert_int_eq(KEY(text, "add", "prod"), 2);
    ck_assert_msg(strstr(outcome.err, unlike_keys[_i].word) != NULL, "%s", outcome.err);
    ck_assert_ptr_null(stored("prod"));
}
END_TEST

START_TEST(a_key_that_is_short_is_stored_with_a_warning)
{
    ck_assert_int_eq(KEY("abcdefghi\n", "add", "prod"), 0);
    ck_assert_ptr_nonnull(strstr(outcome.err, "9 characters"));
    ck_assert_int_eq(KEY(key, "add", "other"), 0);
    ck_assert_str_eq(outcome.err, "");
}
END_TEST

/* What the library would refuse is not to be found out by the next program. */
START_TEST(a_way_to_the_store_that_others_can_change_is_refused_before_the_key_is_asked_for)
{
    ck_assert_int_eq(chmod(folder, 0775), 0);
    ck_assert_int_eq(KEY(key, "add", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "chmod go-w"));
    ck_assert_ptr_nonnull(strstr(outcome.err, folder));
    ck_assert_ptr_null(stored("prod"));
}
END_TEST

/* The library comes by the link, so the folder that it lies in counts. */
START_TEST(a_link_on_the_way_is_judged_where_it_lies)
{
    char link[PATH_MAX], real[PATH_MAX], shared[PATH_MAX], through[PATH_MAX];
    in_folder(real, folder, "real");
    in_folder(shared, folder, "shared");
    in_folder(link, folder, "shared/link");
    in_folder(through, folder, "shared/link/keys.d");
    ck_assert_int_eq(mkdir(real, 0755), 0);
    ck_assert_int_eq(mkdir(shared, 0755), 0);
    ck_assert_int_eq(chmod(shared, 0775), 0);
    ck_assert_int_eq(symlink(real, link), 0);
    ck_assert_int_eq(with_input(key, (const char *const[]){command, "key", "add", "prod", "--dir",
                                                           through, NULL}),
                     2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "chmod go-w"));
    ck_assert_ptr_nonnull(strstr(outcome.err, shared));
}
END_TEST

START_TEST(a_group_may_be_given_by_its_number)
{
    struct stat st;
    char path[PATH_MAX], number[24];
    snprintf(number, sizeof number, "%u", (unsigned)getgid());
    ck_assert_int_eq(KEY(key, "add", "prod", "--group", number), 0);
    in_folder(path, store, "prod");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_gid, getgid());
    ck_assert_int_eq(mode_of("prod"), 0640);
}
END_TEST

START_TEST(a_key_over_the_limit_is_refused)
{
    static char text[8192];
    memset(text, 'k', sizeof text - 1);
    ck_assert_int_eq(KEY(text, "add", "prod"), 2);
    text[4097] = '\0';
    ck_assert_int_eq(KEY(text, "add", "prod"), 2);
    text[4096] = '\0';
    ck_assert_int_eq(KEY(text, "add", "prod"), 0);
}
END_TEST

static const char *const bad_names[] = {
    "../prod", "a/b", ".hidden", "-x", "", "a b", "prod.meta", "prod.next", "a\nb", "caf\xc3\xa9",
};

START_TEST(a_name_that_could_be_another_file_is_refused)
{
    ck_assert_int_eq(with_input(key, (const char *const[]){command, "key", "add", "--dir", store,
                                                           "--", bad_names[_i], NULL}),
                     2);
    ck_assert(!exists(store));
}
END_TEST

START_TEST(a_key_typed_as_an_argument_is_refused_and_not_repeated)
{
    char word[KEY_LENGTH + 1];
    snprintf(word, sizeof word, "%.*s", KEY_LENGTH, key);
    ck_assert_int_eq(KEY(NULL, "add", "prod", word), 2);
    ck_assert_int_eq(KEY(NULL, word), 2);
    ck_assert_int_eq(with_input(NULL, (const char *const[]){command, word, NULL}), 2);
}
END_TEST

START_TEST(a_store_inside_a_git_work_tree_is_refused)
{
    char git[PATH_MAX];
    in_folder(git, folder, ".git");
    ck_assert_int_eq(mkdir(git, 0755), 0);
    ck_assert_int_eq(KEY(key, "add", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "git work tree"));
    ck_assert_ptr_null(stored("prod"));
}
END_TEST

START_TEST(a_store_that_others_can_write_is_refused)
{
    ck_assert_int_eq(mkdir(store, 0755), 0);
    ck_assert_int_eq(chmod(store, 0777), 0);
    ck_assert_int_eq(KEY(key, "add", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "chmod go-w"));
}
END_TEST

START_TEST(list_names_every_key_once)
{
    json_t *object, *keys;
    ck_assert_int_eq(KEY(key, "add", "b"), 0);
    ck_assert_int_eq(KEY(other_key, "add", "a"), 0);
    ck_assert_int_eq(KEY(key, "rotate", "a"), 0);
    ck_assert_int_eq(KEY(NULL, "list", "--json"), 0);
    object = json_loads(outcome.out, 0, NULL);
    keys = json_object_get(object, "keys");
    ck_assert_uint_eq(json_array_size(keys), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(keys, 0), "name")), "a");
    ck_assert(json_is_true(json_object_get(json_array_get(keys, 0), "next")));
    ck_assert(json_is_false(json_object_get(json_array_get(keys, 1), "next")));
    json_decref(object);
}
END_TEST

START_TEST(list_marks_a_key_that_is_older_than_it_should_be)
{
    char path[PATH_MAX];
    ck_assert_int_eq(KEY(key, "add", "prod", "-r", "90d"), 0);
    ck_assert_int_eq(KEY(NULL, "list"), 0);
    ck_assert_ptr_null(strstr(outcome.out, " rotate"));
    in_folder(path, store, "prod.meta");
    write_file(path, "{\"created\": 1000000000, \"rotate_after\": \"90d\"}", 0644);
    ck_assert_int_eq(KEY(NULL, "list"), 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, " rotate"));
}
END_TEST

START_TEST(an_empty_store_is_no_error)
{
    ck_assert_int_eq(KEY(NULL, "list"), 0);
    ck_assert_int_eq(KEY(NULL, "list", "--json"), 0);
}
END_TEST

START_TEST(show_of_a_key_that_is_not_there_is_one)
{
    ck_assert_int_eq(KEY(NULL, "show", "prod"), 1);
}
END_TEST

START_TEST(rotate_leaves_the_current_key_in_use)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    ck_assert_str_eq(stored("prod"), key);
    ck_assert_str_eq(stored("prod.next"), other_key);
}
END_TEST

START_TEST(rotate_gives_the_next_key_the_mode_of_the_current_one)
{
    const struct group *group = getgrgid(getgid());
    ck_assert_int_eq(KEY(key, "add", "prod", "--group", group->gr_name), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    ck_assert_int_eq(mode_of("prod.next"), 0640);
}
END_TEST

START_TEST(rotate_gives_the_next_key_the_owner_of_the_current_one)
{
    struct stat st;
    char path[PATH_MAX];
    if (getuid() != 0) {
        puts("SKIP rotate_gives_the_next_key_the_owner_of_the_current_one: only root can give a "
             "file away");
        return;
    }
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    in_folder(path, store, "prod");
    ck_assert_int_eq(chown(path, 65534, 65533), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    in_folder(path, store, "prod.next");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_uid, 65534);
    ck_assert_uint_eq(st.st_gid, 65533);
}
END_TEST

START_TEST(rotate_to_the_current_key_is_refused)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(key, "rotate", "prod"), 2);
    ck_assert_ptr_null(stored("prod.next"));
}
END_TEST

START_TEST(rotate_of_a_key_that_is_not_there_is_one)
{
    ck_assert_int_eq(KEY(key, "rotate", "prod"), 1);
    ck_assert_int_eq(KEY(key, "add", "other"), 0);
    ck_assert_int_eq(KEY(key, "rotate", "prod"), 1);
}
END_TEST

START_TEST(promote_puts_the_next_key_in_the_place_of_the_current_one)
{
    ck_assert_int_eq(KEY(key, "add", "prod", "-e", "production"), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    ck_assert_int_eq(KEY(NULL, "promote", "prod"), 0);
    ck_assert_str_eq(stored("prod"), other_key);
    ck_assert_ptr_null(stored("prod.next"));
    ck_assert_ptr_nonnull(strstr(stored("prod.meta"), "production"));
}
END_TEST

/* It would be lost, and not be kept as the previous key. */
START_TEST(a_key_that_is_a_link_is_not_replaced)
{
    char path[PATH_MAX], next[PATH_MAX];
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    in_folder(path, store, "prod");
    in_folder(next, store, "prod.next");
    ck_assert_int_eq(rename(path, next), 0);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(KEY(NULL, "promote", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "is a symbolic link: name the folder of the file"));
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 2);
    ck_assert_str_eq(stored("prod.next"), key);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(promote_tells_no_previous_key_where_there_was_none)
{
    char path[PATH_MAX];
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    in_folder(path, store, "prod");
    write_file(path, "no key\n", 0600);
    ck_assert_int_eq(KEY(NULL, "promote", "prod"), 0);
    ck_assert_ptr_null(strstr(outcome.out, "prod.previous"));
    ck_assert_ptr_null(stored("prod.previous"));
}
END_TEST

START_TEST(promote_without_a_next_key_changes_nothing)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(NULL, "promote", "prod"), 1);
    ck_assert_str_eq(stored("prod"), key);
}
END_TEST

START_TEST(promote_does_not_put_rubbish_in_the_place_of_a_good_key)
{
    char path[PATH_MAX];
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    in_folder(path, store, "prod.next");
    write_file(path, "", 0600);
    ck_assert_int_eq(KEY(NULL, "promote", "prod"), 2);
    ck_assert_str_eq(stored("prod"), key);
}
END_TEST

START_TEST(remove_leaves_nothing_of_the_key)
{
    char path[PATH_MAX];
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(other_key, "rotate", "prod"), 0);
    ck_assert_int_eq(KEY(NULL, "remove", "prod"), 0);
    in_folder(path, store, ".lock"); /* of the folder, and no key's */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(store), 0);
    ck_assert_int_eq(KEY(NULL, "remove", "prod"), 1);
}
END_TEST

START_TEST(check_of_a_key_that_is_not_there_asks_nobody)
{
    ck_assert_int_eq(KEY(NULL, "check", "prod"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "there is no key"));
}
END_TEST

START_TEST(check_tells_that_nobody_answers)
{
    ck_assert_int_eq(KEY(key, "add", "prod"), 0);
    ck_assert_int_eq(KEY(NULL, "check", "prod", "--connect", "127.0.0.1:1"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "no answer from"));
}
END_TEST

/* ---- the first key of a newcomer ------------------------------------------------------------- */

static void as_newcomer(void *data)
{
    (void)data;
    if (setenv("XDG_CONFIG_HOME", folder, 1) != 0)
        _exit(98);
}

static int newcomer(const char *input, const char *name)
{
    outcome_of(&outcome, input, as_newcomer, NULL,
               (const char *const[]){command, "key", "add", name, NULL});
    shows_no_key();
    return outcome.status;
}

START_TEST(the_first_key_comes_with_the_configuration_that_names_it)
{
    char path[PATH_MAX], line[2 * PATH_MAX];
    struct stat st;
    if (exists("/etc/commissioned-auth/commissioned-auth.conf")) {
        puts("SKIP the_first_key_comes_with_the_configuration_that_names_it: this machine has a "
             "configuration");
        return;
    }
    ck_assert_int_eq(newcomer(key, "prod"), 0);
    in_folder(path, folder, "commissioned-auth/commissioned-auth.conf");
    snprintf(line, sizeof line, "key_file = \"%s/commissioned-auth/keys.d/prod\";\n", folder);
    ck_assert_str_eq(text_of(path), line);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_ptr_nonnull(strstr(outcome.out, "run -- curl"));
}
END_TEST

START_TEST(a_configuration_that_is_there_is_left_alone)
{
    char path[PATH_MAX];
    in_folder(path, folder, "commissioned-auth");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    in_folder(path, folder, "commissioned-auth/commissioned-auth.conf");
    write_file(path, "# mine\n", 0600);
    ck_assert_int_eq(newcomer(key, "prod"), 0);
    ck_assert_str_eq(text_of(path), "# mine\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, path));
    ck_assert_ptr_nonnull(strstr(outcome.out, "name = \"prod\""));
}
END_TEST

/* ---- the terminal ---------------------------------------------------------------------------- */

struct terminal {
    int master, slave;
    pid_t child;
    char seen[4096];
    size_t length;
};

static void open_terminal(struct terminal *terminal)
{
    memset(terminal, 0, sizeof *terminal);
    ck_assert_int_eq(openpty(&terminal->master, &terminal->slave, NULL, NULL, NULL), 0);
    terminal->child = fork();
    ck_assert_int_ge(terminal->child, 0);
    if (terminal->child == 0) {
        close(terminal->master);
        /* As a shell starts a program, whatever whoever runs the tests ignores (nohup, a background
         * job). */
        const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
            signal(signals[i], SIG_DFL);
        if (login_tty(terminal->slave) != 0)
            _exit(98);
        execl(command, command, "key", "add", "prod", "--dir", store, (char *)NULL);
        _exit(99);
    }
}

/* Reads what is on the screen until `text` is; the bound only ends a test that has failed. */
static void read_until(struct terminal *terminal, const char *text)
{
    struct pollfd ready = {.fd = terminal->master, .events = POLLIN};
    while (strstr(terminal->seen, text) == NULL) {
        ssize_t got;
        ck_assert_msg(poll(&ready, 1, 30000) == 1, "on the screen: %s", terminal->seen);
        got = read(terminal->master, terminal->seen + terminal->length,
                   sizeof terminal->seen - terminal->length - 1);
        ck_assert_int_gt(got, 0);
        terminal->length += (size_t)got;
        terminal->seen[terminal->length] = '\0';
    }
}

static bool echoes(const struct terminal *terminal)
{
    struct termios settings;
    ck_assert_int_eq(tcgetattr(terminal->slave, &settings), 0);
    return settings.c_lflag & ECHO;
}

static int close_terminal(struct terminal *terminal)
{
    int status;
    ck_assert_int_eq(waitpid(terminal->child, &status, 0), terminal->child);
    close(terminal->master);
    close(terminal->slave);
    return status;
}

START_TEST(a_key_typed_at_the_prompt_is_stored_and_not_shown)
{
    struct terminal terminal;
    char shown[SHOWN + 2];
    if (lacks_terminals(__func__))
        return;
    open_terminal(&terminal);
    read_until(&terminal, "Key (not shown): ");
    ck_assert(!echoes(&terminal));
    ck_assert_int_gt(write(terminal.master, key, strlen(key)), 0);
    read_until(&terminal, "name = \"prod\"");
    ck_assert(echoes(&terminal));
    snprintf(shown, sizeof shown, "%.*s", SHOWN + 1, key);
    ck_assert_ptr_null(strstr(terminal.seen, shown));
    ck_assert_str_eq(stored("prod"), key);
    ck_assert_int_eq(close_terminal(&terminal), 0);
}
END_TEST

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

START_TEST(a_signal_at_the_prompt_ends_the_command_with_the_terminal_as_it_was)
{
    struct terminal terminal;
    int status;
    if (lacks_terminals(__func__))
        return;
    open_terminal(&terminal);
    read_until(&terminal, "Key (not shown): ");
    ck_assert(!echoes(&terminal));
    ck_assert_int_eq(kill(terminal.child, ending_signals[_i]), 0);
    ck_assert_int_eq(waitpid(terminal.child, &status, 0), terminal.child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), ending_signals[_i]);
    ck_assert(echoes(&terminal));
    ck_assert_ptr_null(stored("prod"));
    close(terminal.master);
    close(terminal.slave);
}
END_TEST

START_TEST(the_interrupt_key_at_the_prompt_restores_the_terminal)
{
    struct terminal terminal;
    int status;
    if (lacks_terminals(__func__))
        return;
    open_terminal(&terminal);
    read_until(&terminal, "Key (not shown): ");
    ck_assert_int_eq(write(terminal.master, "half a key\003", 11), 11);
    ck_assert_int_eq(waitpid(terminal.child, &status, 0), terminal.child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    ck_assert(echoes(&terminal));
    close(terminal.master);
    close(terminal.slave);
}
END_TEST

START_TEST(a_stopped_prompt_restores_the_terminal_and_asks_again)
{
    struct terminal terminal;
    int status;
    if (lacks_terminals(__func__))
        return;
    open_terminal(&terminal);
    read_until(&terminal, "Key (not shown): ");
    /* A stop by the terminal is ignored in an orphaned process group, which this one is. */
    ck_assert_int_eq(kill(terminal.child, SIGTSTP), 0);
    terminal.length = 0;
    memset(terminal.seen, 0, sizeof terminal.seen);
    read_until(&terminal, "Key (not shown): ");
    ck_assert_int_gt(write(terminal.master, key, strlen(key)), 0);
    read_until(&terminal, "name = \"prod\"");
    ck_assert_int_eq(waitpid(terminal.child, &status, 0), terminal.child);
    ck_assert_int_eq(status, 0);
    ck_assert(echoes(&terminal));
    close(terminal.master);
    close(terminal.slave);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key");
    TCase *keys = tcase_create("store");
    TCase *screen = tcase_create("terminal");
    tcase_add_checked_fixture(keys, setup, teardown);
    tcase_set_timeout(keys, 60);
    tcase_add_test(keys, add_stores_the_key_and_a_newline_for_its_owner_alone);
    tcase_add_test(keys, add_shows_the_prefix);
    tcase_add_test(keys, the_umask_does_not_widen_or_narrow_the_mode);
    tcase_add_test(keys, a_group_may_be_let_read);
    tcase_add_test(keys, an_unknown_group_is_refused_before_the_key_is_asked_for);
    tcase_add_test(keys, what_is_known_about_a_key_is_kept_and_is_no_secret);
    tcase_add_test(keys, a_key_is_not_overwritten_by_add);
    tcase_add_loop_test(keys, what_is_no_key_is_refused, 0,
                        (int)(sizeof no_keys / sizeof *no_keys));
    tcase_add_test(keys, the_line_end_of_another_system_is_taken_off);
    tcase_add_test(keys, blanks_that_were_pasted_along_are_taken_off);
    tcase_add_loop_test(keys, what_is_pasted_in_a_key_s_place_is_refused_by_its_name, 0,
                        (int)(sizeof unlike_keys / sizeof *unlike_keys));
    tcase_add_test(keys, a_key_that_is_short_is_stored_with_a_warning);
    tcase_add_test(
        keys, a_way_to_the_store_that_others_can_change_is_refused_before_the_key_is_asked_for);
    tcase_add_test(keys, a_link_on_the_way_is_judged_where_it_lies);
    tcase_add_test(keys, a_group_may_be_given_by_its_number);
    tcase_add_test(keys, a_key_over_the_limit_is_refused);
    tcase_add_loop_test(keys, a_name_that_could_be_another_file_is_refused, 0,
                        (int)(sizeof bad_names / sizeof *bad_names));
    tcase_add_test(keys, a_key_typed_as_an_argument_is_refused_and_not_repeated);
    tcase_add_test(keys, a_store_inside_a_git_work_tree_is_refused);
    tcase_add_test(keys, a_store_that_others_can_write_is_refused);
    tcase_add_test(keys, list_names_every_key_once);
    tcase_add_test(keys, list_marks_a_key_that_is_older_than_it_should_be);
    tcase_add_test(keys, an_empty_store_is_no_error);
    tcase_add_test(keys, show_of_a_key_that_is_not_there_is_one);
    tcase_add_test(keys, rotate_leaves_the_current_key_in_use);
    tcase_add_test(keys, rotate_gives_the_next_key_the_mode_of_the_current_one);
    tcase_add_test(keys, rotate_gives_the_next_key_the_owner_of_the_current_one);
    tcase_add_test(keys, rotate_to_the_current_key_is_refused);
    tcase_add_test(keys, rotate_of_a_key_that_is_not_there_is_one);
    tcase_add_test(keys, promote_puts_the_next_key_in_the_place_of_the_current_one);
    tcase_add_test(keys, a_key_that_is_a_link_is_not_replaced);
    tcase_add_test(keys, promote_tells_no_previous_key_where_there_was_none);
    tcase_add_test(keys, promote_without_a_next_key_changes_nothing);
    tcase_add_test(keys, promote_does_not_put_rubbish_in_the_place_of_a_good_key);
    tcase_add_test(keys, remove_leaves_nothing_of_the_key);
    tcase_add_test(keys, check_of_a_key_that_is_not_there_asks_nobody);
    tcase_add_test(keys, check_tells_that_nobody_answers);
    tcase_add_test(keys, the_first_key_comes_with_the_configuration_that_names_it);
    tcase_add_test(keys, a_configuration_that_is_there_is_left_alone);
    suite_add_tcase(suite, keys);

    tcase_add_checked_fixture(screen, setup, teardown);
    tcase_set_timeout(screen, 60);
    tcase_add_test(screen, a_key_typed_at_the_prompt_is_stored_and_not_shown);
    tcase_add_loop_test(screen, a_signal_at_the_prompt_ends_the_command_with_the_terminal_as_it_was,
                        0, (int)(sizeof ending_signals / sizeof *ending_signals));
    tcase_add_test(screen, the_interrupt_key_at_the_prompt_restores_the_terminal);
    tcase_add_test(screen, a_stopped_prompt_restores_the_terminal_and_asks_again);
    suite_add_tcase(suite, screen);

    return suite_run(suite);
}
