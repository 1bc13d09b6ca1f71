#include "support/switch_root.h"

#include <sys/stat.h>

#include <check.h>

#include "support/command.h"

void switch_root_install(const char *root, const char *name)
{
    char fixture[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
    in_folder(fixture, "tests/fixtures", name);
    built(from, fixture);
    in_folder(to, root, &SWITCH_LIBRARY[1]);
    copy_file(from, to, 0644);
}

void switch_root_make(char root[PATH_MAX])
{
    static const char *const folders[] = {
        "etc", "run", "usr", "usr/lib", "usr/lib/x86_64-linux-gnu", NULL};
    char path[PATH_MAX];
    umask(022);
    scratch_make(root);
    for (const char *const *f = folders; *f != NULL; f++) {
        in_folder(path, root, *f);
        ck_assert_int_eq(mkdir(path, 0755), 0);
    }
    switch_root_install(root, "preloaded.so");
}
