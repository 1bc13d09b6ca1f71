/* Which files are read, and which are refused, whatever is in them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "commissioned/policy_image.h"
#include "policy/safe_file.h"
#include "support/suite.h"

enum { SOMEBODY = 4242 }; /* neither root nor, by any likelihood, who runs the tests */

static char *dir;
static char *file;
static struct safe_file got;
static struct complaint why;
static char sentence[POLICY_MAX_SENTENCE];

static void setup(void)
{
    dir = tmpdir_make();
    file = tmpdir_path(dir, "key");
}

static void teardown(void)
{
    safe_file_free(&got);
    free(file);
    tmpdir_remove(dir);
}

static enum safe_result read_as(const char *path, uid_t euid, bool secret)
{
    safe_file_free(&got);
    why = (struct complaint){0};
    enum safe_result result = safe_file_read(path, euid, secret, 4096, &got, &why);
    sentence_write(sentence, path, 0, &why);
    return result;
}

static enum safe_result read_file(const char *path)
{
    return read_as(path, geteuid(), true);
}

static void put(const char *name, mode_t mode)
{
    free(tmpdir_printf(dir, name, mode, "content\n"));
}

/* A path below the folder, in a buffer that lasts until the fourth call after this. */
static const char *in_dir(const char *name)
{
    static char paths[4][4096];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void link_to(const char *target, const char *name)
{
    ck_assert_int_eq(symlink(target, in_dir(name)), 0);
}

static void expect_refusal(enum safe_result result, const char *text)
{
    ck_assert_int_eq(result, SAFE_REFUSED);
    ck_assert_msg(strstr(sentence, text) != NULL, "%s", sentence);
    ck_assert_ptr_null(got.data);
}

START_TEST(a_private_file_is_read_whole)
{
    put("key", 0600);
    ck_assert_int_eq(read_file(file), SAFE_OK);
    ck_assert_uint_eq(got.size, strlen("content\n"));
    ck_assert_str_eq(got.data, "content\n");
    ck_assert_int_eq(got.st.st_size, 8);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_absent)
{
    ck_assert_int_eq(read_file(file), SAFE_ABSENT);
    ck_assert_int_eq(read_file(in_dir("no/such/folder")), SAFE_ABSENT);
    put("key", 0600);
    ck_assert_int_eq(read_file(in_dir("key/below")), SAFE_ABSENT);
}
END_TEST

START_TEST(a_file_of_the_largest_size_is_read_and_a_larger_one_is_not)
{
    char *data = calloc(1, 4097);
    memset(data, 'x', 4097);
    free(tmpdir_write(dir, "key", 0600, data, 4096));
    ck_assert_int_eq(read_file(file), SAFE_OK);
    free(tmpdir_write(dir, "key", 0600, data, 4097));
    expect_refusal(read_file(file), "holds more than 4096 bytes");
    free(data);
}
END_TEST

START_TEST(a_huge_sparse_file_is_refused_at_once)
{
    put("key", 0600);
    ck_assert_int_eq(truncate(file, (off_t)1 << 40), 0);
    expect_refusal(read_file(file), "holds more than 4096 bytes");
}
END_TEST

START_TEST(a_FIFO_is_refused_and_does_not_block)
{
    ck_assert_int_eq(mkfifo(file, 0600), 0);
    expect_refusal(read_file(file), "it is a FIFO: name a regular file");
}
END_TEST

START_TEST(a_socket_is_refused)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", file);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    expect_refusal(read_file(file), "it is a socket: name a regular file");
    close(fd);
}
END_TEST

START_TEST(a_device_is_refused)
{
    expect_refusal(read_file("/dev/null"), "it is a device: name a regular file");
    link_to("/dev/zero", "key");
    expect_refusal(read_file(file), "it is a device: name a regular file");
}
END_TEST

START_TEST(a_folder_is_refused)
{
    expect_refusal(read_file(dir), "it is a folder: name a regular file");
    expect_refusal(read_file("/"), "it is a folder: name a regular file");
}
END_TEST

START_TEST(a_file_of_proc_that_claims_to_be_empty_is_not_taken_for_empty)
{
    ck_assert_int_ne(read_as("/proc/self/status", geteuid(), false), SAFE_OK);
    ck_assert_ptr_null(got.data);
}
END_TEST

/* ---- an error of the moment ------------------------------------------------------------------ */

#ifdef SYS_newfstatat
#define STAT_AT SYS_newfstatat
#else
#define STAT_AT SYS_statx
#endif
#ifdef SYS_lstat
#define LSTAT SYS_lstat
#else
#define LSTAT STAT_AT
#endif

/* The kernel refuses to this thread whatever could look a path up. */
static void *read_where_nothing_is_found(void *error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STAT_AT, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LSTAT, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | *(unsigned *)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return NULL;
    read_file(file);
    return error;
}

static const struct {
    unsigned error;
    const char *sentence;
} moments[] = {
    {EIO, "looked up now, for the disk answers with an error: see whether the disk is well (it is"},
    {ESTALE, "looked up now, for its file server does not know it: mount it anew (it is tried"},
    {ENOMEM, "looked up now, for memory ran out: raise the limit or free some (it is tried again)"},
    {EINTR, "looked up now, for it was interrupted: wait a second (it is tried again)"},
};

START_TEST(an_error_of_the_moment_is_no_fault_of_the_path)
{
    pthread_t thread;
    void *done;
    unsigned error = moments[_i].error;
    put("key", 0600);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_where_nothing_is_found, &error), 0);
    ck_assert_int_eq(pthread_join(thread, &done), 0);
    if (done == NULL) {
        puts("SKIP an_error_of_the_moment_is_no_fault_of_the_path: no filters of system calls");
        return;
    }
    ck_assert(got.passing);
    ck_assert_msg(strstr(sentence, moments[_i].sentence) != NULL, "%s", sentence);
}
END_TEST

START_TEST(a_relative_path_is_refused)
{
    expect_refusal(read_file("key"), "not an absolute path");
    expect_refusal(read_file(""), "not an absolute path");
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    char *path = malloc(8192);
    memset(path, 'x', 8191);
    path[0] = '/';
    path[8191] = '\0';
    expect_refusal(read_file(path), "the path is too long");
    for (size_t i = 0; i < 8191; i += 2)
        path[i] = '/';
    expect_refusal(read_file(path), "the path is too long");
    path[300] = '\0';
    memset(path + 1, 'x', 299);
    expect_refusal(read_file(path), "the path is too long");
    free(path);
}
END_TEST

/* ---- modes and owners ------------------------------------------------------------------------ */

START_TEST(a_file_that_others_can_read_is_refused_only_where_it_holds_a_key)
{
    put("key", 0644);
    expect_refusal(read_file(file), ": mode 0644 lets others read the key: chmod 600 ");
    ck_assert_int_eq(read_as(file, geteuid(), false), SAFE_OK);
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
    put("key", 0620);
    expect_refusal(read_as(file, geteuid(), false),
                   ": mode 0620 lets others change it: chmod go-w ");
    put("key", 0602);
    expect_refusal(read_as(file, geteuid(), false),
                   ": mode 0602 lets others change it: chmod go-w ");
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
    put("key", 0600);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(file, SOMEBODY, SOMEBODY), 0);
        expect_refusal(read_file(file),
                       ": belongs to user 4242, not to root or user 0: chown root ");
    } else {
        /* seen by somebody else, the folder is the first that is not his */
        expect_refusal(read_as(file, SOMEBODY, true), "its folder belongs to user ");
    }
}
END_TEST

START_TEST(a_file_of_root_is_read_by_any_user)
{
    struct stat st;
    ck_assert_int_eq(stat("/etc/passwd", &st), 0);
    ck_assert_int_eq(safe_file_read("/etc/passwd", SOMEBODY, false, 1 << 20, &got, &why), SAFE_OK);
}
END_TEST

START_TEST(a_file_of_root_may_be_readable_for_a_group)
{
    struct stat st = {.st_uid = 0, .st_gid = SOMEBODY, .st_mode = S_IFREG | 0640};
    ck_assert(safe_file_is_private(&st, file, 0, &why));
    st.st_mode = S_IFREG | 0440; /* as Kubernetes mounts a secret with fsGroup */
    ck_assert(safe_file_is_private(&st, file, 0, &why));
    st.st_uid = SOMEBODY;
    ck_assert(!safe_file_is_private(&st, file, 0, &why));
    st.st_uid = 0;
    st.st_mode = S_IFREG | 0644;
    ck_assert(!safe_file_is_private(&st, file, 0, &why));
    ck_assert_str_eq(why.remedy, "chmod 640");
}
END_TEST

START_TEST(a_folder_that_others_can_write_is_refused_by_its_own_name)
{
    put("key", 0600);
    ck_assert_int_eq(chmod(dir, 0770), 0);
    expect_refusal(read_file(file),
                   "its folder has mode 0770, so that others could replace the file: "
                   "chmod go-w ");
    ck_assert_str_eq(got.offender, dir);
    ck_assert_int_eq(chmod(dir, 0707), 0);
    expect_refusal(read_file(file), "its folder has mode 0707");
}
END_TEST

START_TEST(a_folder_further_up_that_others_can_write_is_refused)
{
    ck_assert_int_eq(mkdir(in_dir("inner"), 0700), 0);
    put("inner/key", 0600);
    ck_assert_int_eq(read_file(in_dir("inner/key")), SAFE_OK);
    ck_assert_int_eq(chmod(dir, 0777), 0);
    expect_refusal(read_file(in_dir("inner/key")), "its folder has mode 0777");
    ck_assert_str_eq(got.offender, dir);
}
END_TEST

START_TEST(a_sticky_folder_that_all_can_write_is_fine_for_a_file_of_ones_own)
{
    put("key", 0600);
    ck_assert_int_eq(chmod(dir, 01777), 0);
    ck_assert_int_eq(read_file(file), SAFE_OK);
}
END_TEST

START_TEST(a_folder_of_another_user_is_refused)
{
    put("key", 0600);
    if (geteuid() != 0) {
        expect_refusal(read_as(file, SOMEBODY, true), "its folder belongs to user ");
        return;
    }
    ck_assert_int_eq(chown(dir, SOMEBODY, SOMEBODY), 0);
    expect_refusal(read_file(file), "its folder belongs to user 4242, who could replace the file");
    ck_assert_str_eq(got.offender, dir);
}
END_TEST

START_TEST(a_file_that_this_user_may_not_read_says_so)
{
    put("key", 0000);
    if (geteuid() == 0) {
        printf("SKIP a_file_that_this_user_may_not_read_says_so: root may read all\n");
        return;
    }
    ck_assert_int_eq(read_file(file), SAFE_NO_ACCESS);
    ck_assert_ptr_nonnull(strstr(sentence, "permission denied"));
}
END_TEST

/* ---- symbolic links -------------------------------------------------------------------------- */

START_TEST(a_link_is_followed_and_its_target_judged)
{
    put("target", 0600);
    link_to("target", "key");
    ck_assert_int_eq(read_file(file), SAFE_OK);
    ck_assert_str_eq(got.resolved, in_dir("target"));
    ck_assert_int_eq(chmod(in_dir("target"), 0644), 0);
    expect_refusal(read_file(file), "mode 0644 lets others read the key");
}
END_TEST

START_TEST(a_link_to_a_file_in_an_unsafe_folder_is_refused)
{
    ck_assert_int_eq(mkdir(in_dir("open"), 0700), 0);
    put("open/target", 0600);
    ck_assert_int_eq(chmod(in_dir("open"), 0777), 0);
    link_to(in_dir("open/target"), "key");
    expect_refusal(read_file(file), "its folder has mode 0777");
}
END_TEST

START_TEST(a_link_that_lies_in_an_unsafe_folder_is_refused_though_its_target_is_safe)
{
    put("target", 0600);
    ck_assert_int_eq(mkdir(in_dir("open"), 0700), 0);
    link_to("../target", "open/key");
    ck_assert_int_eq(read_file(in_dir("open/key")), SAFE_OK);
    ck_assert_int_eq(chmod(in_dir("open"), 0777), 0);
    expect_refusal(read_file(in_dir("open/key")), "its folder has mode 0777");
}
END_TEST

START_TEST(a_link_of_another_user_is_refused_even_in_a_sticky_folder)
{
    if (geteuid() != 0) {
        printf("SKIP a_link_of_another_user_is_refused: only root can make one\n");
        return;
    }
    put("target", 0600);
    link_to("target", "key");
    ck_assert_int_eq(lchown(file, SOMEBODY, SOMEBODY), 0);
    ck_assert_int_eq(chmod(dir, 01777), 0);
    expect_refusal(read_file(file), "reached by a symbolic link of user 4242, who could change it: "
                                    "chown -h root ");
}
END_TEST

START_TEST(links_in_a_loop_are_refused)
{
    link_to("other", "key");
    link_to("key", "other");
    expect_refusal(read_file(file), "symbolic links in a loop");
}
END_TEST

START_TEST(a_dangling_link_is_absent)
{
    link_to("nothing", "key");
    ck_assert_int_eq(read_file(file), SAFE_ABSENT);
}
END_TEST

START_TEST(a_volume_of_Kubernetes_is_read_before_and_after_its_swap)
{
    ck_assert_int_eq(mkdir(in_dir("..1"), 0755), 0);
    ck_assert_int_eq(mkdir(in_dir("..2"), 0755), 0);
    free(tmpdir_printf(dir, "..1/key", 0400, "first"));
    free(tmpdir_printf(dir, "..2/key", 0400, "second"));
    link_to("..1", "..data");
    link_to("..data/key", "key");
    ck_assert_int_eq(read_file(file), SAFE_OK);
    ck_assert_str_eq(got.data, "first");
    link_to("..2", "..data_tmp");
    ck_assert_int_eq(rename(in_dir("..data_tmp"), in_dir("..data")), 0);
    ck_assert_int_eq(read_file(file), SAFE_OK);
    ck_assert_str_eq(got.data, "second");
    ck_assert_int_eq(chmod(in_dir("..2/key"), 0444), 0);
    expect_refusal(read_file(file),
                   "mode 0444 lets others read the key: set defaultMode: 0440 on the "
                   "volume");
}
END_TEST

START_TEST(dots_in_a_path_are_walked_as_the_kernel_walks_them)
{
    put("key", 0600);
    ck_assert_int_eq(mkdir(in_dir("inner"), 0700), 0);
    link_to("inner", "link");
    ck_assert_int_eq(read_file(in_dir("./inner/.././link/..//key")), SAFE_OK);
    ck_assert_str_eq(got.resolved, file);
    char above[4096];
    snprintf(above, sizeof above, "/../../..%s", file);
    ck_assert_int_eq(read_file(above), SAFE_OK);
}
END_TEST

/* ---- changes while it is read ---------------------------------------------------------------- */

static atomic_bool stop;

/* Replaces the file over and over: a good one, one that others can read, a link to a device. */
static void *swap(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        char *fresh = tmpdir_printf(dir, "fresh", i % 3 == 1 ? 0644 : 0600, "%s\n",
                                    i % 3 == 0 ? "aaaaaaaaaaaaaaaa" : "bbbbbbbb");
        if (i % 3 == 2) {
            unlink(fresh);
            (void)!symlink("/dev/zero", fresh);
        }
        rename(fresh, file);
        free(fresh);
    }
    return NULL;
}

START_TEST(a_file_that_is_swapped_all_the_time_is_read_whole_or_not_at_all)
{
    put("key", 0600);
    pthread_t thread;
    atomic_store(&stop, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, swap, NULL), 0);
    for (int read = 0, refused = 0; read < 200 || refused < 200;) {
        if (read_file(file) != SAFE_OK) {
            ck_assert_ptr_null(got.data);
            refused++;
            continue;
        }
        read++;
        ck_assert_msg(strcmp(got.data, "aaaaaaaaaaaaaaaa\n") == 0 ||
                          strcmp(got.data, "content\n") == 0,
                      "read what was readable to others, or half: %s", got.data);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
}
END_TEST

/* ---- folders --------------------------------------------------------------------------------- */

START_TEST(a_folder_is_judged_with_the_way_to_it)
{
    ck_assert_int_eq(mkdir(in_dir("conf.d"), 0755), 0);
    ck_assert_int_eq(safe_folder_judge(in_dir("conf.d"), geteuid(), &got, &why), SAFE_OK);
    ck_assert(S_ISDIR(got.st.st_mode));
    ck_assert_int_eq(chmod(in_dir("conf.d"), 0775), 0);
    ck_assert_int_eq(safe_folder_judge(in_dir("conf.d"), geteuid(), &got, &why), SAFE_REFUSED);
    ck_assert_str_eq(got.offender, in_dir("conf.d"));
    ck_assert_int_eq(safe_folder_judge(in_dir("none"), geteuid(), &got, &why), SAFE_ABSENT);
}
END_TEST

START_TEST(a_path_with_odd_characters_is_quoted_in_the_remedy_and_clean_in_the_sentence)
{
    put("it's a\nkey", 0644);
    expect_refusal(read_file(in_dir("it's a\nkey")), "/it's a?key: mode 0644");
    ck_assert_msg(strstr(sentence, "it'\\''s a?key'") != NULL, "%s", sentence);
}
END_TEST

START_TEST(a_long_path_is_shortened_and_the_fact_and_the_remedy_are_kept)
{
    char name[] =
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    char path[4096];
    snprintf(path, sizeof path, "%s", dir);
    for (int i = 0; i < 4; i++) {
        strcat(path, "/");
        strcat(path, name);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    strcat(path, "/the-key");
    free(tmpdir_printf("/", path + 1, 0644, "x"));
    expect_refusal(read_file(path), "/the-key: mode 0644 lets others read the key: chmod 600 /");
    ck_assert_uint_le(strlen(sentence), POLICY_MAX_SENTENCE - 1);
    ck_assert_ptr_nonnull(strstr(sentence, "..."));
    ck_assert_str_eq(sentence + strlen(sentence) - strlen("/the-key"), "/the-key");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safe file");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_private_file_is_read_whole);
    tcase_add_test(tests, a_file_that_is_not_there_is_absent);
    tcase_add_test(tests, a_file_of_the_largest_size_is_read_and_a_larger_one_is_not);
    tcase_add_test(tests, a_huge_sparse_file_is_refused_at_once);
    tcase_add_test(tests, a_FIFO_is_refused_and_does_not_block);
    tcase_add_test(tests, a_socket_is_refused);
    tcase_add_test(tests, a_device_is_refused);
    tcase_add_test(tests, a_folder_is_refused);
    tcase_add_test(tests, a_file_of_proc_that_claims_to_be_empty_is_not_taken_for_empty);
    tcase_add_loop_test(tests, an_error_of_the_moment_is_no_fault_of_the_path, 0,
                        (int)(sizeof moments / sizeof moments[0]));
    tcase_add_test(tests, a_relative_path_is_refused);
    tcase_add_test(tests, a_path_that_is_too_long_is_refused);
    tcase_add_test(tests, a_file_that_others_can_read_is_refused_only_where_it_holds_a_key);
    tcase_add_test(tests, a_file_that_others_can_write_is_refused);
    tcase_add_test(tests, a_file_of_another_user_is_refused);
    tcase_add_test(tests, a_file_of_root_is_read_by_any_user);
    tcase_add_test(tests, a_file_of_root_may_be_readable_for_a_group);
    tcase_add_test(tests, a_folder_that_others_can_write_is_refused_by_its_own_name);
    tcase_add_test(tests, a_folder_further_up_that_others_can_write_is_refused);
    tcase_add_test(tests, a_sticky_folder_that_all_can_write_is_fine_for_a_file_of_ones_own);
    tcase_add_test(tests, a_folder_of_another_user_is_refused);
    tcase_add_test(tests, a_file_that_this_user_may_not_read_says_so);
    tcase_add_test(tests, a_link_is_followed_and_its_target_judged);
    tcase_add_test(tests, a_link_to_a_file_in_an_unsafe_folder_is_refused);
    tcase_add_test(tests,
                   a_link_that_lies_in_an_unsafe_folder_is_refused_though_its_target_is_safe);
    tcase_add_test(tests, a_link_of_another_user_is_refused_even_in_a_sticky_folder);
    tcase_add_test(tests, links_in_a_loop_are_refused);
    tcase_add_test(tests, a_dangling_link_is_absent);
    tcase_add_test(tests, a_volume_of_Kubernetes_is_read_before_and_after_its_swap);
    tcase_add_test(tests, dots_in_a_path_are_walked_as_the_kernel_walks_them);
    tcase_add_test(tests, a_file_that_is_swapped_all_the_time_is_read_whole_or_not_at_all);
    tcase_add_test(tests, a_folder_is_judged_with_the_way_to_it);
    tcase_add_test(tests,
                   a_path_with_odd_characters_is_quoted_in_the_remedy_and_clean_in_the_sentence);
    tcase_add_test(tests, a_long_path_is_shortened_and_the_fact_and_the_remedy_are_kept);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
