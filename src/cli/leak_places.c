#include "cli/leak_places.h"

#include <stdio.h>
#include <stdlib.h>

const struct leak_place leak_home[] = {
    /* what was typed */
    {".bash_history", false},
    {".zsh_history", false},
    {".zhistory", false},
    {".sh_history", false},
    {".ash_history", false},
    {".history", false},
    {".local/share/fish/fish_history", false},
    {".python_history", false},
    {".node_repl_history", false},
    {".psql_history", false},
    {".mysql_history", false},
    {".sqlite_history", false},
    {".rediscli_history", false},
    {".irb_history", false},
    {".Rhistory", false},
    {".php_history", false},
    {".lesshst", false},
    {".viminfo", false},
    {".local/state/nvim/shada/main.shada", false},
    {".local/share/nvim/shada/main.shada", false},
    {".config/nushell/history.txt", false},
    {".ipython/profile_default/history.sqlite", false},
    {".pry_history", false},
    {".julia/logs/repl_history.jl", false},
    /* what every shell and session reads */
    {".profile", false},
    {".bashrc", false},
    {".bash_profile", false},
    {".bash_login", false},
    {".bash_logout", false},
    {".bash_aliases", false},
    {".zshrc", false},
    {".zshenv", false},
    {".zprofile", false},
    {".config/fish/config.fish", false},
    {".config/nushell/env.nu", false},
    {".config/nushell/config.nu", false},
    {".xprofile", false},
    {".xsessionrc", false},
    {".pam_environment", false},
    {".ssh/environment", false},
    {".ssh/config", false},
    {".config/environment.d", true},
    {".config/systemd/user", true},
    {".config/autostart", true},
    /* what programs read */
    {".env", false},
    {".envrc", false},
    {".curlrc", false},
    {".config/curlrc", false},
    {".netrc", false},
    {".wgetrc", false},
    {".gitconfig", false},
    {".git-credentials", false},
    {".config/git/config", false},
    {".config/git/credentials", false},
    {".docker/config.json", false},
    {".npmrc", false},
    {".pypirc", false},
    {".config/pip/pip.conf", false},
    {".Renviron", false},
    {".Rprofile", false},
    {".pgpass", false},
    {".my.cnf", false},
    {".aws/credentials", false},
    {".config/Code/User/settings.json", false},
    {".config/httpie/sessions", true},
    {".aider.conf.yml", false},
    {".config/io.datasette.llm/keys.json", false},
    {".config/shell_gpt/.sgptrc", false},
    {".config/aichat", true},
    {".codex", true},
    {".continue/config.yaml", false},
    {".continue/config.json", false},
    {0},
};

const struct leak_place leak_system[] = {
    {"/etc/environment", false},
    {"/etc/environment.d", true},
    {"/etc/profile", false},
    {"/etc/profile.d", true},
    {"/etc/bash.bashrc", false},
    {"/etc/security/pam_env.conf", false},
    {"/etc/rc.local", false},
    {"/etc/default", true},
    {"/etc/sysconfig", true},
    {"/etc/systemd/system", true},
    {"/etc/systemd/user", true},
    {"/run/systemd/system", true},
    {"/usr/local/lib/systemd", true},
    {"/etc/crontab", false},
    {"/etc/cron.d", true},
    {"/etc/cron.hourly", true},
    {"/etc/cron.daily", true},
    {"/etc/cron.weekly", true},
    {"/etc/cron.monthly", true},
    {"/var/spool/cron", true},
    {"/etc/php", true},
    {"/etc/nginx", true},
    {"/etc/apache2", true},
    {"/etc/httpd", true},
    {"/etc/supervisor", true},
    {0},
};

bool leak_variable(unsigned number, char path[PATH_MAX])
{
    static const struct {
        const char *variable;
        const char *below; /* where the variable names a folder */
    } named[] = {{"HISTFILE", ""},
                 {"PSQL_HISTORY", ""},
                 {"MYSQL_HISTFILE", ""},
                 {"NETRC", ""},
                 {"BASH_ENV", ""},
                 {"ENV", ""},
                 {"CURL_HOME", "/.curlrc"},
                 {"ZDOTDIR", "/.zsh_history"},
                 {"DOCKER_CONFIG", "/config.json"},
                 {"PWD", "/.env"},
                 {"PWD", "/.envrc"},
                 {"PWD", "/compose.yaml"},
                 {"PWD", "/docker-compose.yml"}};
    if (number >= sizeof named / sizeof named[0])
        return false;
    const char *value = getenv(named[number].variable);
    path[0] = '\0';
    if (value != NULL && value[0] == '/')
        snprintf(path, PATH_MAX, "%s%s", value, named[number].below);
    return true;
}
