/*
 * Every remedy is followed. A row makes a situation in a mount namespace of its own, asks as its
 * user why there is no key, does what the sentence says, as him whom it tells to, and asks again,
 * until there is a key. What is no command (a volume's defaultMode, a key's other place) the row
 * does itself, once the sentence says the words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"
#include "support/tmpdir.h"

struct situation {
    const char *name;
    const char *ids;   /* of him who asks, for setpriv(1) */
    const char *setup; /* run as root below /mnt, an empty tmpfs; the policy $P names the key $F */
    const char *words; /* of the first sentence */
    const char
        *follow; /* what these words tell to do, where they are no command, or the rest of it */
};

#define USER    "--reuid=1500 --regid=1500 --clear-groups"
#define PEOPLE  "--reuid=1500 --regid=100 --clear-groups"
#define SERVICE "--reuid=500 --regid=500 --clear-groups"
#define ROOT    "--reuid=0 --regid=0 --clear-groups"

static const struct situation situations[] = {
    {"a key of root alone", USER, "put /mnt/key 0:0 600", "chgrp 1500", NULL},
    {"a key of root that all can read", USER, "put /mnt/key 0:0 644", "chgrp 1500", NULL},
    {"a key of root that all can change", USER, "put /mnt/key 0:0 666", "chgrp 1500", NULL},
    {"a key of root for the right group", USER, "put /mnt/key 0:1500 644", "chmod 640", NULL},
    {"a key of root for a user whose group is everybody's", PEOPLE, "put /mnt/key 0:0 600",
     "chown 1500", NULL},
    {"a key of one's own that all can read", USER, "own; put /mnt/own/key 1500:1500 644",
     "chmod 600", NULL},
    {"a key of one's own that the group can change", USER, "own; put /mnt/own/key 1500:1500 620",
     "chmod go-w", NULL},
    {"a key of one's own that not even oneself can read", USER,
     "own; put /mnt/own/key 1500:1500 000", "chmod 600", NULL},
    {"a key of another user", USER, "put /mnt/key 1600:1600 600", "chown 1500", NULL},
    {"a key of another user in a folder of everybody's", USER,
     "mkdir -m 1777 /mnt/t; put /mnt/t/key 1600:1600 600", "write one anew where root or user 1500",
     "put /mnt/key 1500:1500 600"},
    {"a key for a service that runs as nobody", "--reuid=65534 --regid=65534 --clear-groups",
     "put /mnt/key 0:0 600", "run it as a user of its own",
     "ids=\"--reuid=1500 --regid=1500 --clear-groups\"; put /mnt/key 1500:1500 600"},
    {"a key for a user of DynamicUser=", "--reuid=61200 --regid=61200 --clear-groups",
     "put /mnt/key 0:0 600", "add LoadCredential= to the unit",
     "mkdir /mnt/c; put /mnt/c/key 61200:61200 400; credential key; "
     "echo CREDENTIALS_DIRECTORY=/mnt/c >/mnt/env"},
    {"a key of another user, asked by root", ROOT, "put /mnt/key 1600:1600 600", "chown root",
     NULL},
    {"root's own key that all can read", ROOT, "put /mnt/key 0:0 644", "chmod 600", NULL},
    {"root's own key that a group and all can read", ROOT, "put /mnt/key 0:1500 644", "chmod 640",
     NULL},
    {"a folder of root that its group can change", USER,
     "mkdir /mnt/d; chmod 775 /mnt/d; put /mnt/d/key 1500:1500 600", "as root, chmod go-w", NULL},
    {"a folder of one's own that its group can change", USER,
     "own; chmod 775 /mnt/own; put /mnt/own/key 1500:1500 600", ": chmod go-w", NULL},
    {"a folder of root that nobody else may enter", USER,
     "mkdir -m 700 /mnt/d; put /mnt/d/key 1500:1500 600", "as root, chmod o+x", NULL},
    {"a folder of one's own that may not be entered", USER,
     "own; put /mnt/own/key 1500:1500 600; chmod 600 /mnt/own", "chmod u+x", NULL},
    {"the home of root", USER, "mount -t tmpfs -o mode=700 r /root; put /root/key 1500:1500 600",
     "keep it where user 1500 may look: as root, install -D -m 640 -g 1500 /root/key -t "
     "/etc/commissioned-auth/keys.d, and name it there",
     "name /etc/commissioned-auth/keys.d/key"},
    {"the home of another user", USER,
     "own; mkdir -m 755 /mnt/d; chown 1600 /mnt/d; put /mnt/d/key 0:1500 640",
     "keep it where root or user 1500 alone can write: install -D -m 600 /mnt/d/key -t "
     "~/.config/commissioned-auth/keys.d, and name it there",
     "name /mnt/own/.config/commissioned-auth/keys.d/key"},
    {"the home of another user, asked by one who may not read the key", USER,
     "mkdir -m 755 /mnt/d; chown 1600 /mnt/d; put /mnt/d/key 1600:1600 600",
     "keep it where root or user 1500 alone can write: as root, install -D -m 640 -g 1500 ",
     "name /etc/commissioned-auth/keys.d/key"},
    {"the home of another user, asked by one whose group is everybody's", PEOPLE,
     "mkdir -m 755 /mnt/d; chown 1600 /mnt/d; put /mnt/d/key 1600:1600 600",
     "keep it where root or user 1500 alone can write: as root, install -D -m 600 -o 1500 ",
     "name /etc/commissioned-auth/keys.d/key"},
    {"the home of another user, asked by a service", SERVICE,
     "mkdir -m 755 /mnt/d; chown 1600 /mnt/d; put /mnt/d/key 0:500 640",
     "keep it where root or user 500 alone can write: as root, install -D -m 640 -g 500 ",
     "name /etc/commissioned-auth/keys.d/key"},
    {"a policy in the home of another user", SERVICE,
     "put /etc/commissioned-auth/key 0:500 640; chown 1600 /mnt",
     "as root, install -D -m 644 /mnt/policy.conf -t /etc/commissioned-auth, and name it there",
     "P=/etc/commissioned-auth/policy.conf"},
    {"a system's folder of another user", USER,
     "chown 1600 /etc/commissioned-auth; put /etc/commissioned-auth/key 0:1500 640",
     ": as root, chown root /etc/commissioned-auth", NULL},
    {"the home of a user, asked by root", ROOT,
     "mkdir -m 755 /mnt/d; chown 1600 /mnt/d; put /mnt/d/key 1600:1600 600",
     "keep it where root or user 0 alone can write: install -D -m 600 /mnt/d/key -t "
     "/etc/commissioned-auth/keys.d, and name it there",
     "name /etc/commissioned-auth/keys.d/key"},
    {"a link of another user", USER,
     "mkdir -m 1777 /mnt/t; put /mnt/key 1500:1500 600; ln -s /mnt/key /mnt/t/l; "
     "chown -h 1600 /mnt/t/l; name /mnt/t/l",
     "name the file that it leads to", "name /mnt/key"},
    {"a link of another user, asked by root", ROOT,
     "mkdir -m 1777 /mnt/t; put /mnt/key 0:0 600; ln -s /mnt/key /mnt/t/l; "
     "chown -h 1600 /mnt/t/l; name /mnt/t/l",
     "chown -h root", NULL},
    {"a secret of Docker", USER,
     "mkdir /mnt/s; mount -t tmpfs -o mode=755 s /mnt/s; put /mnt/s/key 0:0 444; "
     "mount -o remount,ro /mnt/s",
     "give it mode 0400 and owner 1500 where it is mounted from",
     "mount -o remount,rw /mnt/s; chmod 400 $F; chown 1500 $F; mount -o remount,ro /mnt/s"},
    {"a secret of Docker, asked by root", ROOT,
     "mkdir /mnt/s; mount -t tmpfs -o mode=755 s /mnt/s; put /mnt/s/key 0:0 444; "
     "mount -o remount,ro /mnt/s",
     "give it mode 0400 and owner 0 where it is mounted from",
     "mount -o remount,rw /mnt/s; chmod 400 $F; mount -o remount,ro /mnt/s"},
    {"a secret of Docker that its user may not read", USER,
     "mkdir /mnt/s; mount -t tmpfs -o mode=755 s /mnt/s; put /mnt/s/key 0:0 400; "
     "mount -o remount,ro /mnt/s",
     "give it mode 0400 and owner 1500 where it is mounted from",
     "mount -o remount,rw /mnt/s; chown 1500 $F; mount -o remount,ro /mnt/s"},
    {"a file that is mounted by itself", USER,
     "put /mnt/from 0:0 644; put /mnt/key 0:0 600; mount --bind /mnt/from /mnt/key; "
     "mount -o remount,ro,bind /mnt/key",
     "give it mode 0400 and owner 1500 where it is mounted from",
     "chmod 400 /mnt/from; chown 1500 /mnt/from"},
    {"a subPath of Kubernetes", USER,
     "put /mnt/from 0:0 644; put /mnt/key 0:0 600; mount --bind /mnt/from /mnt/key; "
     "mount -o remount,ro,bind /mnt/key; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     "set defaultMode: 0440 on the volume and fsGroup: 1500",
     "chmod 440 /mnt/from; chgrp 1500 /mnt/from"},
    {"a volume of Kubernetes as it is by default", USER,
     "mkdir /mnt/..1; put /mnt/..1/key 0:0 644; ln -s ..1 /mnt/..data; ln -s ..data/key /mnt/key; "
     "name /mnt/key",
     "set defaultMode: 0440 on the volume and fsGroup: 1500",
     "chmod 440 /mnt/..1/key; chgrp 1500 /mnt/..1/key"},
    {"a volume of Kubernetes without fsGroup", USER,
     "mkdir /mnt/..1; put /mnt/..1/key 0:0 440; ln -s ..1 /mnt/..data; ln -s ..data/key /mnt/key; "
     "name /mnt/key",
     "set defaultMode: 0440 on the volume and fsGroup: 1500", "chgrp 1500 /mnt/..1/key"},
    {"a volume of Kubernetes, asked by root", ROOT,
     "mkdir /mnt/..1; put /mnt/..1/key 0:0 644; ln -s ..1 /mnt/..data; ln -s ..data/key /mnt/key; "
     "name /mnt/key",
     ": set defaultMode: 0440 on the volume", "chmod 440 /mnt/..1/key"},
    {"a volume of Kubernetes of another user", USER,
     "put /mnt/from 1600:1600 400; put /mnt/key 0:0 600; mount --bind /mnt/from /mnt/key; "
     "mount -o remount,ro,bind /mnt/key; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     ": set runAsUser: 1600 in the pod's securityContext, or mount the key from a secret volume "
     "with defaultMode: 0440 and fsGroup: 1500",
     "ids=\"--reuid=1600 --regid=1600 --clear-groups\""},
    {"a claim of Kubernetes with a key of another user", USER,
     "put /mnt/key 1600:1600 600; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     ": set runAsUser: 1600 in the pod's securityContext",
     "ids=\"--reuid=1600 --regid=1600 --clear-groups\""},
    {"a key of another user in a pod of root", ROOT,
     "put /mnt/key 1600:1600 600; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     ": set runAsUser: 1600 in the pod's securityContext",
     "ids=\"--reuid=1600 --regid=1600 --clear-groups\""},
    {"a key of root in a pod of another user", USER,
     "put /mnt/key 0:0 600; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     "secret volume with defaultMode: 0440, and set fsGroup: 1500 in the pod's securityContext",
     "mkdir /mnt/s; put /mnt/s/key 0:1500 440"},
    {"a key in a pod of nobody", "--reuid=65534 --regid=65534 --clear-groups",
     "put /mnt/key 0:0 600; echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     "set runAsUser: to a number of its own in the pod's securityContext",
     "ids=\"--reuid=1500 --regid=1500 --clear-groups\"; put /mnt/key 0:1500 440"},
    {"a claim of Kubernetes that fsGroup made writable", USER,
     "mkdir /mnt/d; chgrp 1500 /mnt/d; chmod 2775 /mnt/d; put /mnt/d/key 0:1500 440; "
     "echo KUBERNETES_SERVICE_HOST=10.0.0.1 >/mnt/env",
     "mount the key from a secret volume", "put /mnt/key 0:1500 440"},
    {"no key where root keeps them", USER, "mkdir /mnt/keys.d; name /mnt/keys.d/www",
     "as root, commissioned-auth key add --group 1500 --dir /mnt/keys.d www", NULL},
    {"no key where the user keeps them", USER, "own; name /mnt/own/www",
     ": commissioned-auth key add --dir /mnt/own www", NULL},
    {"no key where root keeps his", ROOT, "mkdir /mnt/keys.d; name /mnt/keys.d/www",
     ": commissioned-auth key add --dir /mnt/keys.d www", NULL},
    {"no key in a folder whose name a shell would split", ROOT,
     "mkdir '/mnt/keys d'; name '/mnt/keys d/www'",
     ": commissioned-auth key add --dir '/mnt/keys d' www", NULL},
    {"no key in a keys.d of another user", USER,
     "mkdir /etc/commissioned-auth/keys.d; chown 1600 /etc/commissioned-auth/keys.d; "
     "name /etc/commissioned-auth/keys.d/www",
     ": as root, chown root /etc/commissioned-auth/keys.d", NULL},
    {"no key in a keys.d of another user, asked by root", ROOT,
     "mkdir /etc/commissioned-auth/keys.d; chown 1600 /etc/commissioned-auth/keys.d; "
     "name /etc/commissioned-auth/keys.d/www",
     ": chown root /etc/commissioned-auth/keys.d", NULL},
    {"no key in a keys.d that its group can change", USER,
     "mkdir -m 755 /mnt/keys.d; chmod g+w /mnt/keys.d; name /mnt/keys.d/www",
     ": as root, chmod go-w /mnt/keys.d", NULL},
    {"no key in a folder of another user", USER,
     "mkdir -m 755 /mnt/d; chown 1600 /mnt/d; name /mnt/d/www",
     ": as root, commissioned-auth key add --group 1500 www, and name what it stores",
     "name /etc/commissioned-auth/keys.d/www"},
    {"no key below a folder of another user, asked by root", ROOT,
     "mkdir -p /mnt/d/keys.d; chown 1600 /mnt/d; name /mnt/d/keys.d/www",
     ": commissioned-auth key add www, and name what it stores",
     "name /etc/commissioned-auth/keys.d/www"},
    {"no secret in the container", USER, "name /run/secrets/none", "mount the key there",
     "put /mnt/key 1500:1500 600"},
    {"a policy of root alone", USER, "put /mnt/key 1500:1500 600; chmod 600 /mnt/policy.conf",
     "as root, chmod 644", NULL},
    {"a policy that all can change", USER, "put /mnt/key 1500:1500 600; chmod 666 /mnt/policy.conf",
     "as root, chmod go-w", NULL},
    {"a policy of another user", USER, "put /mnt/key 1500:1500 600; chown 1600 /mnt/policy.conf",
     "as root, chown root", NULL},
    {"a policy of another user that he alone can read", USER,
     "put /mnt/key 1500:1500 600; chown 1600 /mnt/policy.conf; chmod 600 /mnt/policy.conf",
     "as root, chown root", NULL},
    {"a policy of another user in one's own folder", USER,
     "own; put /mnt/own/key 1500:1500 600; mv /mnt/policy.conf /mnt/own/p; "
     "ln -s own/p /mnt/policy.conf; chown 1600 /mnt/own/p",
     "as root, chown 1500", NULL},
    {"no .env file where root keeps it", USER, "dotenv /mnt/.env",
     "let root store it with a line COMMISSIONED_API_KEY=KEY, owner 1500 and mode 600",
     "echo COMMISSIONED_API_KEY=a-key-made-for-this-test >/mnt/.env; chown 1500 /mnt/.env; "
     "chmod 600 /mnt/.env"},
    {"no .env file where the user keeps it", USER, "own; dotenv /mnt/own/.env",
     ": write it with a line COMMISSIONED_API_KEY=KEY, and mode 600",
     "echo COMMISSIONED_API_KEY=a-key-made-for-this-test >/mnt/own/.env; chown 1500 /mnt/own/.env; "
     "chmod 600 /mnt/own/.env"},
    {"a credential outside of its unit", USER,
     "mkdir /mnt/c; put /mnt/c/key 1500:1500 400; credential key",
     "with LoadCredential= in the unit", "echo CREDENTIALS_DIRECTORY=/mnt/c >/mnt/env"},
    {"a credential that the unit has not", USER,
     "mkdir /mnt/c; credential key; echo CREDENTIALS_DIRECTORY=/mnt/c >/mnt/env",
     "/mnt/c/key: no such file: add LoadCredential=key:FILE to the unit, or name one that it has",
     "put /mnt/c/key 1500:1500 400; credential key"},
    {"a credential of a unit that lacks LoadCredential=", USER, "credential key; unit w.service",
     "add LoadCredential= to w.service",
     "mkdir /mnt/c; put /mnt/c/key 1500:1500 400; credential key; "
     "echo CREDENTIALS_DIRECTORY=/mnt/c >/mnt/env"},
    {"a credential in an environment that was cleared", USER,
     "mkdir -p /run/credentials; mount -t tmpfs c /run/credentials; "
     "mkdir /run/credentials/w.service; put /run/credentials/w.service/key 1500:1500 400; "
     "chown 1500 /run/credentials/w.service; credential key; unit w.service",
     "pass CREDENTIALS_DIRECTORY=/run/credentials/w.service on",
     "echo CREDENTIALS_DIRECTORY=/run/credentials/w.service >/mnt/env"},
    {"a credential that a worker may not read", USER,
     "mkdir -p /run/credentials; mount -t tmpfs c /run/credentials; "
     "mkdir -m 700 /run/credentials/w.service; put /run/credentials/w.service/key 0:0 400; "
     "credential key; unit w.service",
     "w.service has credentials that user 1500 may not read", "put /mnt/key 0:1500 640"},
    {"a credential whose folder is the master's alone", USER,
     "mkdir -p /run/credentials; mount -t tmpfs c /run/credentials; "
     "mkdir -m 700 /run/credentials/u.service; put /run/credentials/u.service/key 0:0 400; "
     "credential key; echo CREDENTIALS_DIRECTORY=/run/credentials/u.service >/mnt/env",
     "systemd opens it to the unit's User= alone", "put /mnt/key 0:1500 640"},
};

/* $1 is the command; the rest as in struct situation. The tmpfs goes with the namespace. */
static const char driver[] =
    "set -e; umask 022; mount -t tmpfs -o mode=755 remedies /mnt; cp \"$1\" /mnt/commissioned-auth;"
    "mkdir /mnt/.etc /mnt/.work; mount -t overlay overlay -o "
    "lowerdir=/etc,upperdir=/mnt/.etc,workdir=/mnt/.work /etc; "
    "rm -rf /etc/commissioned-auth; mkdir /etc/commissioned-auth;\n"
    "PATH=/mnt:$PATH; : >/mnt/env; F=; P=/mnt/policy.conf;\n"
    "name() { F=$1; printf 'key_file = \"%s\";\\n' \"$1\" >$P; }\n"
    "credential() { printf 'keys=({name=\"k\"; credential=\"%s\";});\\n"
    "rules=({name=\"r\"; key=\"k\";});\\n' \"$1\" >/mnt/policy.conf; }\n"
    "dotenv() { printf 'keys=({name=\"k\"; dotenv=\"%s\";});\\n"
    "rules=({name=\"r\"; key=\"k\";});\\n' \"$1\" >/mnt/policy.conf; }\n"
    "put() { printf 'a-key-made-for-this-test\\n' >$1; chown $2 $1; chmod $3 $1; name $1; }\n"
    "own() { mkdir -m 700 /mnt/own; chown 1500:1500 /mnt/own; }\n"
    "unit() { echo \"0::/system.slice/$1\" >/mnt/cgroup; }\n"
    "as() { sh -c '[ ! -e /mnt/cgroup ] || mount --bind /mnt/cgroup /proc/$$/cgroup; "
    "ids=$1; shift; exec setpriv $ids env -i HOME=/mnt/own PATH=$PATH $(cat /mnt/env) \"$@\"' "
    "sh \"$ids\" \"$@\"; }\n"
    "ids=$2; eval \"$3\"; before=\n"
    "for turn in 1 2 3 4; do\n"
    "    said=$(as COMMISSIONED_AUTH_CONFIG=$P commissioned-auth explain "
    "https://app.commissioned.tech/v1/models 2>&1) && { [ $turn -gt 1 ]; exit; }\n"
    "    said=$(echo \"$said\" | sed -n 's/^why *\\(.*\\) \\[.*/\\1/p'); echo \"$said\"\n"
    "    [ \"$said\" != \"$before\" ] || { echo 'the same again'; exit 1; }; before=$said\n"
    "    if [ $turn = 1 ]; then case $said in *\"$4\"*) ;; *) echo \"not: $4\"; exit 1;; esac; fi\n"
    "    remedy=$(echo \"$said\" | sed -E 's/.*: ((as root, "
    ")?(chmod|chown|chgrp|install|commissioned-auth) "
    ".*)/\\1/; s/ once no key .*//')\n"
    "    rest=; case $remedy in *', and name '*) rest=$5; remedy=${remedy%%, and name *};; esac\n"
    "    case $remedy in\n"
    "    \"as root, \"*) echo another-key-made-for-this | sh -c \"${remedy#as root, }\";;\n"
    "    chmod*|chown*|chgrp*|install*|commissioned-auth*)\n"
    "        echo another-key-made-for-this | as sh -c \"$remedy\";;\n"
    "    *) [ -n \"$5\" ] || { echo 'no command'; exit 1; }; eval \"$5\";;\n"
    "    esac\n"
    "    eval \"$rest\"\n"
    "done; echo 'no end'; exit 1\n";

static bool cannot(const char *name)
{
    struct outcome probe;
    if (geteuid() != 0) {
        printf("SKIP %s: only root can make the situations\n", name);
        return true;
    }
    OUTCOME(&probe, "unshare", "-m", "--propagation", "private", "sh", "-c",
            "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mount -t overlay o -o "
            "lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc");
    if (probe.status != 0)
        printf("SKIP %s: no mount namespace can be made here\n", name);
    return probe.status != 0;
}

START_TEST(a_remedy_leads_to_a_key)
{
    const struct situation *row = &situations[_i];
    struct outcome outcome;
    char command[PATH_MAX];
    if (cannot(__func__))
        return;
    built(command, "commissioned-auth");
    OUTCOME(&outcome, "unshare", "-m", "--propagation", "private", "sh", "-c", driver, "sh",
            command, row->ids, row->setup, row->words, row->follow != NULL ? row->follow : "");
    ck_assert_msg(outcome.status == 0, "%s:\n%s%s", row->name, outcome.out, outcome.err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("remedies");
    TCase *tests = tcase_create("followed");
    tcase_add_loop_test(tests, a_remedy_leads_to_a_key, 0,
                        (int)(sizeof situations / sizeof situations[0]));
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
