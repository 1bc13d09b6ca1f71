/*
 * Bad policies and bad key files. Each row: what is written, and the one sentence that it gives. In
 * both,
 * @D is the folder and @K a fresh key; no sentence may hold the key, and no key may come out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "commissioned/policy_image.h"
#include "support/suite.h"

static char *dir;
static char key[TEST_KEY_LENGTH + 1];

static void setup(void)
{
    dir = tmpdir_make();
    test_key_make(key);
}

static void teardown(void)
{
    tmpdir_remove(dir);
}

/* Replaces @D and @K; the caller frees. */
static char *fill_in(const char *text)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    for (; *text != '\0'; text++) {
        if (strncmp(text, "@D", 2) == 0) {
            fputs(dir, stream);
            text++;
        } else if (strncmp(text, "@K", 2) == 0) {
            fputs(key, stream);
            text++;
        } else {
            fputc(*text, stream);
        }
    }
    fclose(stream);
    return out;
}

static struct policy_image *build(const char *path)
{
    struct policy_request request = {.abi = POLICY_IMAGE_ABI,
                                     .system_file = path,
                                     .program = "/usr/bin/curl",
                                     .env_key = "two words",
                                     .env_openai = ""};
    return commissioned_policy_build(&request);
}

static void expect_no_key(const struct policy_image *image)
{
    for (uint32_t i = 0; i < image->nkeys; i++) {
        ck_assert_ptr_null(image->keys[i].header);
        ck_assert_ptr_null(image->keys[i].prefix);
        ck_assert_ptr_nonnull(image->keys[i].error);
        ck_assert_ptr_null(strstr(image->keys[i].error, key));
        ck_assert_uint_lt(strlen(image->keys[i].error), POLICY_MAX_SENTENCE);
    }
}

struct config_row {
    mode_t mode;
    const char *text;
    const char *sentence; /* after "@D/a.conf" */
};

#define RULE(settings)                                                                             \
    "keys = ({ name = \"k\"; file = \"/k\"; });\nrules = ({ name = \"r\"; key = \"k\"; " settings  \
    " });\n"

static const struct config_row config_rows[] = {
    /* who may read and write it */
    {0644, "api_key = \"@K\";\n", ":1: mode 0644 lets others read the key: chmod 600 @D/a.conf"},
    {0604, "\napi_key = \"@K\";\n", ":2: mode 0604 lets others read the key: chmod 600 @D/a.conf"},
    {0644, "keys = ({ name = \"k\";\n api_key = \"@K\"; });\n",
     ":2: mode 0644 lets others read the key: chmod 600 @D/a.conf"},
    {0622, "key_file = \"/k\";\n", ": mode 0622 lets others change it: chmod go-w @D/a.conf"},
    {0660, "key_file = \"/k\";\n", ": mode 0660 lets others change it: chmod go-w @D/a.conf"},
    /* lexical */
    {0600, "api_key = \"@K;\nurl = \n", ":1: this quote is never closed: close it with \""},
    {0600, "\n\n/* api_key = \"@K\";\n", ":3: this comment is never closed: close it with */"},
    {0600, "api_key = @K\n", ":1: a value without quotes: put it in double quotes"},
    {0600, "@K\n", ":1: '=' is missing after a name: write name = value;"},
    {0600, "api_key \"@K\";\n", ":1: '=' is missing after a name: write name = value;"},
    {0600, "rules = ( { name = \"r\"; );\n",
     ":1: this bracket closes another kind: close ( with ), [ with ] and { with }"},
    {0600, "api_key = \"@K\";\n}\n", ":2: this bracket closes none: leave it out"},
    /* what people bring along from JSON, INI, YAML, Python and word processors */
    {0600, "keys = [ { name = \"k\"; } ];\n",
     ":1: groups in [ ]: write them as ( { ... }, { ... } )"},
    {0600, "{ \"api_key\": \"@K\" }\n",
     ":1: a name in double quotes, as in JSON: write name = value; without quotes around the name"},
    {0600, "{\n  key_file: \"/k\"\n}\n",
     ":1: begins with a bracket, as JSON does: write settings as name = value; without it"},
    {0600, "[keys]\nfile = \"/k\"\n",
     ":1: [ ] begins a section nowhere here: write settings as name = value; without it"},
    {0600, "\nkey_file = \xe2\x80\x9c/k\xe2\x80\x9d;\n",
     ":2: a typographic quote: write \" in its place"},
    {0600, "key_file\xc2\xa0= \"/k\";\n",
     ":1: a blank that is none (no-break space): type it anew"},
    {0600, "key_file = '/k';\n", ":1: a single quote: write \" in its place"},
    {0600, "key_file = /k;\n", ":1: a value without quotes: put it in double quotes"},
    {0600, "missing = pass;\n", ":1: a value without quotes: put it in double quotes"},
    {0600, RULE("methods = [\"GET\"; \"PUT\"];"),
     ":2: ';' between elements: write ',' in its place"},
    {0600, "keys = ( { name = \"k\"; }\n{ name = \"l\"; } );\n",
     ":2: a comma is missing between two elements: put one there"},
    {0600, "keys = ( name = \"k\" );\n",
     ":1: a name within ( ) or [ ]: put settings in braces, as in ( { name = value; } )"},
    {0600, "\nkeys = (\n { name = \"k\"; }\n;\n",
     ":4: ';' between elements: write ',' in its place"},
    {0600, "\nkeys = (\n { name = \"k\"; }\n\n", ":2: this '(' is never closed: close it"},
    {0600, "key_file = ;\n", ":1: a value is missing after '=': write name = value;"},
    {0600, "key_file == \"/k\";\n", ":1: '=' stands twice: leave one of them out"},
    {0600, "key_file = \"/k\";;\n", ":1: a ',' or ';' too many: leave it out"},
    {0600, RULE("methods = [,];"), ":2: a ',' without an element before it: leave it out"},
    {0600, RULE("methods = [\"GET\",,];"), ":2: a ',' without an element before it: leave it out"},
    {0600, RULE("methods = [\"GET\",,\"PUT\"];"),
     ":2: a ',' without an element before it: leave it out"},
    {0600, "a = \"x\n@include \\\"@D/b.conf\\\"\n\";\n",
     ":2: @include is not read, for it would escape the judging of files: put the settings here, "
     "or a file into conf.d"},
    {0600, "\n\n@include \"@D/b.conf\"\n",
     ":3: @include is not read, for it would escape the judging of files: put the settings here, "
     "or a "
     "file into conf.d"},
    {0600, "   \t@include \"@D/a.conf\"\n",
     ":1: @include is not read, for it would escape the judging of files: put the settings here, "
     "or a "
     "file into conf.d"},
    {0600, "api_key = \"@K\"; @include \"@D/a.conf\"\n",
     ":1: @include is not read, for it would escape the judging of files: put the settings here, "
     "or a "
     "file into conf.d"},
    {0600,
     "\xef\xbb\xbf"
     "api_key = \"@K\";\n",
     ":1: begins with a byte order mark: save it as UTF-8 without one"},
    {0600, "\napi_key = \"@K\x01\";\n",
     ":2: holds a control character: write it anew as plain text"},
    {0600,
     "\x7f"
     "ELF\x02\x01\x01",
     ":1: holds a control character: write it anew as plain text"},
    {0600, "a = ((((((((((1))))))))));\n",
     ":1: brackets within brackets, too deep: see commissioned-auth.conf(5)"},
    {0600, "api_key = \"@K\";\napi_key = \"@K\";\n",
     ":2: a setting is given twice: leave one of them out"},
    {0600, "api_key = \"@K\\x00\";\n", ":1: \\x00 ends a string too early: leave it out"},
    {0600, RULE("users = [\"a\", 1];"),
     ":2: an array of different types: use one type, or ( ) in place of [ ]"},
    /* names */
    {0600, "api_kee = \"@K\";\n", ":1: unknown setting \"api_kee\": did you mean \"api_key\"?"},
    {0600, "keyfile = \"/k\";\n", ":1: unknown setting \"keyfile\": did you mean \"key_file\"?"},
    {0600, "colour = \"red\";\n", ":1: unknown setting \"colour\": see commissioned-auth.conf(5)"},
    {0600, "a@K = 1;\n", ":1: unknown setting: see commissioned-auth.conf(5)"},
    {0600, RULE("\nmethod = [\"GET\"];"),
     ":3: unknown setting \"method\": did you mean \"methods\"?"},
    {0600, "keys = ({ name = \"k\"; path = \"/k\"; });\n",
     ":1: unknown setting \"path\": see commissioned-auth.conf(5)"},
    {0600, "deny = ({ program = [\"/x\"]; });\n",
     ":1: unknown setting \"program\": did you mean \"programs\"?"},
    /* types */
    {0600, "api_key = 12345;\n", ":1: api_key must be a string: put it in double quotes"},
    {0600, "api_key = [\"@K\"];\n", ":1: api_key must be a string: put it in double quotes"},
    {0600, "key_file = true;\n", ":1: key_file must be a string: put it in double quotes"},
    {0600, "keys = \"@K\";\n",
     ":1: keys must be a list of groups: write it as ( { ... }, { ... } )"},
    {0600, "rules = { name = \"r\"; };\n",
     ":1: rules must be a list of groups: write it as ( { ... }, { ... } )"},
    {0600, "rules = ( \"@K\" );\n",
     ":1: rules must be a list of groups: write it as ( { ... }, { ... } )"},
    {0600, "deny = 1;\n", ":1: deny must be a list of groups: write it as ( { ... }, { ... } )"},
    {0600, RULE("programs = \"/usr/bin/curl\";"),
     ":2: programs must be a list of strings: write it as [\"...\", \"...\"]"},
    {0600, RULE("programs = [];"),
     ":2: programs is empty, so it is for nobody: name one, or leave the setting out"},
    {0600, RULE("users = [1.5];"),
     ":2: users must be a list of strings: write it as [\"...\", \"...\"]"},
    {0600, RULE("users = [4294967296];"), ":2: a number is too large: put it in double quotes"},
    {0600, RULE("users = [-1];"),
     ":2: users must be a list of strings: write it as [\"...\", \"...\"]"},
    {0600, "user_config = \"false\";\n",
     ":1: user_config must be true or false: write it without quotes"},
    /* keys */
    {0600, "api_key = \"\";\n", ":1: api_key is empty: fill it in or leave it out"},
    {0600, "api_key = \"two words\";\n",
     ":1: api_key holds what no key has (a space, a line break or a special letter): copy the key "
     "again"},
    {0600, "api_key = \"@K\\r\\nHost: evil\";\n",
     ":1: api_key holds what no key has (a space, a line break or a special letter): copy the key "
     "again"},
    {0600, "api_key = \"@K\n\";\n",
     ":1: api_key holds what no key has (a space, a line break or a special letter): copy the key "
     "again"},
    {0600, "api_key = \"schl\xc3\xbcssel\";\n",
     ":1: api_key holds what no key has (a space, a line break or a special letter): copy the key "
     "again"},
    {0600, "api_key = \"@K\";\nkey_file = \"/k\";\n",
     ":2: both api_key and key_file are given: leave one of them out"},
    {0600, "key_file = \"~/key\";\n",
     ":1: key_file is not an absolute path: write the path in full, from / on (~ is not read)"},
    {0600, "key_file = \"@K\";\n",
     ":1: key_file is not an absolute path: write the path in full, from / on (~ is not read)"},
    {0600, "keys = ({ file = \"/k\"; });\n", ":1: this has no name: add name = \"...\""},
    {0600, "keys = ({ name = \"a b\"; file = \"/k\"; });\n",
     ":1: name is not one that can be shown: use up to 32 letters, digits, '.', '_' and '-'"},
    {0600, "keys = ({ name = \"@K\"; file = \"/k\"; });\n",
     ":1: name is not one that can be shown: use up to 32 letters, digits, '.', '_' and '-'"},
    {0600, "keys = ({ name = \"k\"; });\n",
     ":1: the key has no source: give one of file, credential, dotenv, environment, api_key"},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; credential = \"c\"; });\n",
     ":1: the key has more than one source: give one of file, credential, dotenv, environment, "
     "api_key"},
    {0600, "keys = ({ name = \"k\"; credential = \"../shadow\"; });\n",
     ":1: credential is no name of a systemd credential: write what stands before ':' in "
     "LoadCredential="},
    {0600, "keys = ({ name = \"k\"; environment = \"HOME\"; });\n",
     ":1: environment names a variable that is not read: write \"COMMISSIONED_API_KEY\" or "
     "\"OPENAI_API_KEY\""},
    {0600, "keys = ({ name = \"k\"; dotenv = \"/e\"; variable = \"A B\"; });\n",
     ":1: variable is no variable's name: use letters, digits and '_'"},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; variable = \"A\"; });\n",
     ":1: variable without dotenv: leave it out"},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; rotate_after = \"soon\"; });\n",
     ":1: rotate_after is no span of time: write a number with s, m, h, d or w, such as \"90d\""},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; stale = \"90\"; });\n",
     ":1: stale is no span of time: write a number with s, m, h, d or w, such as \"90d\""},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; stale = \"999d\"; });\n",
     ":1: stale is longer than 30 days: write a shorter one"},
    {0600, "keys = ({ name = \"k\"; environment = \"OPENAI_API_KEY\"; next = \"/k\"; });\n",
     ":1: next has no meaning for this source: use it with file, credential, dotenv"},
    {0600, "keys = ({ name = \"k\"; file = \"/k\"; },\n { name = \"k\"; file = \"/l\"; });\n",
     ":2: a second key is named \"k\", after line 1: give each key a name of its own"},
    /* rules */
    {0600, "rules = ({ name = \"r\"; });\n",
     ":1: the rule names no key: add key = \"...\", a name of keys"},
    {0600, "\nrules = ({ name = \"r\"; key = \"@K\"; });\n",
     ":2: the rule's key is not among the keys of this layer: define it in keys = ( { name = ...; "
     "} )"},
    {0600, RULE("") "\n", NULL}, /* not bad: keeps the macro honest */
    {0600,
     "keys = ({ name = \"k\"; file = \"/k\"; });\nrules = ({ name = \"r\"; key = \"k\"; },\n{ name "
     "= "
     "\"r\"; key = \"k\"; });\n",
     ":3: a second rule is named \"r\", after line 2: give each rule a name of its own"},
    {0600, RULE("existing = \"kep\";"),
     ":2: existing has no such value: write one of \"keep\", \"replace-placeholder\", \"replace\""},
    {0600, RULE("missing = \"ignore\";"),
     ":2: missing has no such value: write one of \"fail\", \"pass\""},
    {0600, RULE("report = \"some\";"),
     ":2: report has no such value: write one of \"none\", \"denied\", \"all\""},
    {0600, RULE("existing = \"replace-placeholder\";"),
     ":2: existing = \"replace-placeholder\" without a placeholder: add placeholder = \"Bearer "
     "unused\""},
    {0600, RULE("placeholder = \"Bearer unused\";"),
     ":2: placeholder is given, but nothing replaces it: add existing = \"replace-placeholder\""},
    {0600, RULE("existing = \"replace-placeholder\"; placeholder = \"a\\nb\";"),
     ":2: placeholder is no value of a header: write the header's value, such as \"Bearer "
     "unused\""},
    {0600, RULE("methods = [\"get\"];"),
     ":2: methods holds what is no method: write them in capitals, such as [\"GET\", \"POST\"]"},
    {0600, RULE("methods = [\"TRACE\"];"), ":2: no key is ever sent with TRACE: leave it out"},
    {0600, RULE("programs = [\"curl\"];"),
     ":2: programs holds what is not an absolute path: write paths in full, such as "
     "\"/usr/bin/curl\""},
    {0600, "deny = ({ });\n", ":1: deny names nobody: add programs, scripts, users or groups"},
    {0600, "deny = ({ programs = [\"/opt/tool/\"]; });\n",
     ":1: programs holds a path that ends in '/': leave it out, or write /* for what is in that "
     "folder"},
    {0600, "deny = ({ programs = [\"sshd\"]; });\n",
     ":1: programs holds what is not an absolute path: write paths in full, such as "
     "\"/usr/bin/curl\""},
    /* addresses */
    {0600, "url = \"https://app.commissioned.tech/v1\";\n",
     ":1: url without a key: add key_file = \"...\", or move it to a rule"},
    {0600, RULE("url = \"http://app.commissioned.tech/v1\";"),
     ":2: url is not https: begin it with https://"},
    {0600, RULE("url = \"https://app.comissioned.tech/v1\";"),
     ":2: url is not below https://app.commissioned.tech, where keys belong: correct it, or list "
     "the "
     "origin in extra_origins"},
    {0600, RULE("url = \"https://app.commissioned.tech:8443/v1\";"),
     ":2: url is not below https://app.commissioned.tech, where keys belong: correct it, or list "
     "the "
     "origin in extra_origins"},
    {0600, RULE("url = \"https://app.commissioned.tech.evil.example\";"),
     ":2: url is not below https://app.commissioned.tech, where keys belong: correct it, or list "
     "the "
     "origin in extra_origins"},
    {0600, RULE("url = \"https://u:@K@app.commissioned.tech\";"),
     ":2: url holds a user name: leave out what stands before @"},
    {0600, RULE("url = \"https://app.commissioned.tech:0/\";"),
     ":2: url has no proper port: write a number from 1 to 65535, or none"},
    {0600, RULE("url = \"https://app.commissioned.tech:65536/\";"),
     ":2: url has no proper port: write a number from 1 to 65535, or none"},
    {0600, RULE("url = \"https:///v1\";"),
     ":2: url has no proper host name: write it as \"https://app.commissioned.tech/v1\""},
    {0600, RULE("url = \"https://app..commissioned.tech/v1\";"),
     ":2: url has no proper host name: write it as \"https://app.commissioned.tech/v1\""},
    {0600, RULE("url = \"https://app.commissioned.tech\\\\@evil.example/\";"),
     ":2: url holds a user name: leave out what stands before @"},
    {0600, RULE("url = \"https://app.commissioned.tech/v1?a=b\";"),
     ":2: url has a query or a fragment, which no rule looks at: leave out what begins with ? or "
     "#"},
    {0600, RULE("url = \"https://app.commissioned.tech/v1#a\";"),
     ":2: url has a query or a fragment, which no rule looks at: leave out what begins with ? or "
     "#"},
    {0600, RULE("url = \"https://app.commissioned.tech/v1/../admin\";"),
     ":2: url has a dot segment: write the path without . and .."},
    {0600, RULE("url = \"https://app.commissioned.tech/.\";"),
     ":2: url has a dot segment: write the path without . and .."},
    {0600, RULE("url = \"https://app.commissioned.tech//v1\";"),
     ":2: url has an empty path segment: write one / only"},
    {0600, RULE("url = \"https://app.commissioned.tech/%76%31\";"),
     ":2: url has a percent-encoded path: write the path plainly"},
    {0600, RULE("url = \"https://app.commissioned.tech/v 1\";"),
     ":2: url has a character that no URL holds: write the path plainly"},
    {0600, "extra_origins = [\"https://localhost:8443/v1\"];\n",
     ":1: an entry of extra_origins has a path: end it after the host or the port"},
    {0600, "extra_origins = [\"http://localhost:8443\"];\n",
     ":1: an entry of extra_origins: url is not https: begin it with https://"},
};

START_TEST(a_bad_policy_is_told_in_one_sentence_and_gives_no_key)
{
    const struct config_row *row = &config_rows[_i];
    char *text = fill_in(row->text);
    char *path = tmpdir_write(dir, "a.conf", row->mode, text, strlen(text));
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(image);
    if (row->sentence == NULL) {
        ck_assert_ptr_null(image->error);
    } else {
        char *rest = fill_in(row->sentence);
        char *expected;
        ck_assert_int_gt(asprintf(&expected, "%s%s", path, rest), 0);
        ck_assert_msg(image->error != NULL, "row %d: no error: %s", _i, row->text);
        ck_assert_str_eq(image->error, expected);
        free(expected);
        free(rest);
    }
    expect_no_key(image);
    policy_image_free(image);
    free(path);
    free(text);
}
END_TEST

START_TEST(a_policy_with_a_NUL_byte_is_refused)
{
    const char text[] = "api_key = \"abc\";\n\0@include \"/etc/passwd\"\n";
    char *path = tmpdir_write(dir, "a.conf", 0600, text, sizeof text - 1);
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(strstr(image->error, "a.conf: holds a NUL byte: write it anew"));
    expect_no_key(image);
    policy_image_free(image);
    free(path);
}
END_TEST

/* ---- key files ------------------------------------------------------------------------------- */

struct key_row {
    mode_t mode;
    const char *key_settings;
    const char *content; /* of @D/key */
    const char *sentence;
};

#define FILE_KEY   "file = \"@D/key\";"
#define DOTENV_KEY "dotenv = \"@D/key\"; variable = \"MY_KEY\";"

static const struct key_row key_rows[] = {
    {0644, FILE_KEY, "@K\n", "@D/key: mode 0644 lets others read the key: chmod 600 @D/key"},
    {0604, FILE_KEY, "@K\n", "@D/key: mode 0604 lets others read the key: chmod 600 @D/key"},
    {0620, FILE_KEY, "@K\n", "@D/key: mode 0620 lets others change it: chmod go-w @D/key"},
    {0602, FILE_KEY, "@K\n", "@D/key: mode 0602 lets others change it: chmod go-w @D/key"},
    {0777, FILE_KEY, "@K\n", "@D/key: mode 0777 lets others change it: chmod 600 @D/key"},
    {0600, FILE_KEY, "", "@D/key: is empty: store the key in it"},
    {0600, FILE_KEY, "\n", "@D/key: is empty: store the key in it"},
    {0600, FILE_KEY, "\r\n\r\n", "@D/key: is empty: store the key in it"},
    {0600, FILE_KEY, "@K\n@K\n", "@D/key: holds more than one line: store the key alone in it"},
    {0600, FILE_KEY, "@K\r\nX-Evil: 1",
     "@D/key: holds more than one line: store the key alone in it"},
    {0600, FILE_KEY, "@K\rX-Evil: 1\n",
     "@D/key: holds more than one line: store the key alone in it"},
    {0600, FILE_KEY, "Bearer @K\n",
     "@D/key: begins with 'Bearer', which is no part of a key: store what follows it"},
    {0600, FILE_KEY, "Authorization: Bearer @K\n",
     "@D/key: begins with 'Bearer', which is no part of a key: store what follows it"},
    {0600, FILE_KEY, "\"@K\"\n", "@D/key: stands in quotes: store what is between them"},
    {0600, FILE_KEY, "'@K'\r\n", "@D/key: stands in quotes: store what is between them"},
    {0600, FILE_KEY, " @K\n",
     "@D/key: holds what no key has (a space or a special letter): store the key alone in it"},
    {0600, FILE_KEY, "@K\t\n",
     "@D/key: holds what no key has (a space or a special letter): store the key alone in it"},
    {0600, FILE_KEY, "@K\x7f\n",
     "@D/key: holds what no key has (a space or a special letter): store the key alone in it"},
    {0600, FILE_KEY, "@K\x1b[31m\n",
     "@D/key: holds what no key has (a space or a special letter): store the key alone in it"},
    {0600, FILE_KEY, "schl\xc3\xbcssel\n",
     "@D/key: holds what no key has (a space or a special letter): store the key alone in it"},
    {0600, FILE_KEY, "\xef\xbb\xbf@K\n",
     "@D/key: begins with a byte order mark: save it without one"},
    {0600, FILE_KEY, "COMMISSIONED_API_KEY=@K\n",
     "@D/key:1: looks like a .env file: name it with dotenv = \"...\", or store the key alone in "
     "it"},
    {0600, FILE_KEY, NULL, "@D/key: no such file: commissioned-auth key add --dir @D key"},
    {0600, DOTENV_KEY, NULL, "@D/key: no such file: write it with a line MY_KEY=KEY, and mode 600"},
    {0644, DOTENV_KEY, "MY_KEY=@K\n",
     "@D/key: mode 0644 lets others read the key: chmod 600 @D/key"},
    {0600, DOTENV_KEY, "# MY_KEY=@K\nMY_KEY2=@K\n",
     "@D/key: does not set the variable that the policy names: add a line MY_KEY=KEY to it"},
    {0600, DOTENV_KEY, "A=1\nMY_KEY=\n", "@D/key:2: is empty: store the key alone in the variable"},
    {0600, DOTENV_KEY, "MY_KEY=\"@K\n", "@D/key:1: this quote is never closed: close it"},
    {0600, DOTENV_KEY, "MY_KEY=\"${OTHER}\"\n",
     "@D/key:1: refers to another variable: write the key itself, in single quotes if it "
     "holds a $"},
    {0600, DOTENV_KEY, "MY_KEY=\"@K\\n\"\n",
     "@D/key:1: holds more than one line: store the key alone in the variable"},
    {0600, DOTENV_KEY, "MY_KEY=@K b\n",
     "@D/key:1: holds what no key has (a space or a special letter): store the key alone in the "
     "variable"},
    {0600, "environment = \"OPENAI_API_KEY\";", NULL,
     "$OPENAI_API_KEY: is not set, though the policy's key is there: set it, or give the key "
     "another "
     "source"},
    {0600, "environment = \"COMMISSIONED_API_KEY\";", NULL,
     "$COMMISSIONED_API_KEY: holds what no key has (a space or a special letter): set it to the "
     "key "
     "alone"},
};

START_TEST(a_bad_key_file_is_told_in_one_sentence_and_gives_no_key)
{
    const struct key_row *row = &key_rows[_i];
    char *settings = fill_in(row->key_settings);
    char *expected = fill_in(row->sentence);
    if (row->content != NULL) {
        char *content = fill_in(row->content);
        free(tmpdir_write(dir, "key", row->mode, content, strlen(content)));
        free(content);
    }
    char *path = tmpdir_printf(dir, "a.conf", 0644,
                               "keys = ({ name = \"k\"; %s });\n"
                               "rules = ({ name = \"r\"; key = \"k\"; });\n",
                               settings);
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(image);
    ck_assert_msg(image->error == NULL, "row %d: %s", _i, image->error);
    ck_assert_uint_eq(image->nkeys, 1);
    expect_no_key(image);
    ck_assert_str_eq(image->keys[0].error, expected);
    policy_image_free(image);
    free(path);
    free(expected);
    free(settings);
}
END_TEST

/* The remedy depends on whether a unit of systemd runs this. */
START_TEST(a_credential_without_a_folder_is_told_with_its_line)
{
    char *path = tmpdir_printf(dir, "a.conf", 0644,
                               "keys = ({ name = \"k\"; credential = \"commissioned\"; });\n"
                               "rules = ({ name = \"r\"; key = \"k\"; });\n");
    struct policy_image *image = build(path);
    expect_no_key(image);
    ck_assert_ptr_nonnull(strstr(image->keys[0].error,
                                 "a.conf:1: the key is a systemd credential, but "
                                 "CREDENTIALS_DIRECTORY is not set: "));
    policy_image_free(image);
    free(path);
}
END_TEST

static char *policy_for_key_file(void)
{
    return tmpdir_printf(dir, "a.conf", 0644, "key_file = \"%s/key\";\n", dir);
}

START_TEST(a_key_file_with_a_NUL_byte_is_refused)
{
    const char content[] = "abcdefgh\0ijk\n";
    free(tmpdir_write(dir, "key", 0600, content, sizeof content - 1));
    char *path = policy_for_key_file();
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(strstr(image->keys[0].error, "/key: holds a NUL byte: write it anew"));
    expect_no_key(image);
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(a_key_of_the_greatest_length_is_taken_and_a_longer_one_is_not)
{
    char content[POLICY_MAX_KEY + 2];
    memset(content, 'k', sizeof content);
    for (size_t length = POLICY_MAX_KEY; length <= POLICY_MAX_KEY + 1; length++) {
        free(tmpdir_write(dir, "key", 0600, content, length));
        char *path = policy_for_key_file();
        struct policy_image *image = build(path);
        if (length == POLICY_MAX_KEY)
            ck_assert_ptr_nonnull(image->keys[0].header);
        else
            ck_assert_ptr_nonnull(
                strstr(image->keys[0].error, "/key: holds more than 4096 bytes: "));
        policy_image_free(image);
        free(path);
    }
}
END_TEST

START_TEST(a_key_file_that_is_far_too_large_is_not_read)
{
    char *content = calloc(1, POLICY_MAX_KEYFILE + 1);
    memset(content, 'k', POLICY_MAX_KEYFILE + 1);
    free(tmpdir_write(dir, "key", 0600, content, POLICY_MAX_KEYFILE + 1));
    char *path = policy_for_key_file();
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(strstr(image->keys[0].error, "/key: holds more than 65536 bytes: "));
    policy_image_free(image);
    free(path);
    free(content);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad policies");
    TCase *tests = tcase_create("bad");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_bad_policy_is_told_in_one_sentence_and_gives_no_key, 0,
                        sizeof config_rows / sizeof config_rows[0]);
    tcase_add_loop_test(tests, a_bad_key_file_is_told_in_one_sentence_and_gives_no_key, 0,
                        sizeof key_rows / sizeof key_rows[0]);
    tcase_add_test(tests, a_credential_without_a_folder_is_told_with_its_line);
    tcase_add_test(tests, a_policy_with_a_NUL_byte_is_refused);
    tcase_add_test(tests, a_key_file_with_a_NUL_byte_is_refused);
    tcase_add_test(tests, a_key_of_the_greatest_length_is_taken_and_a_longer_one_is_not);
    tcase_add_test(tests, a_key_file_that_is_far_too_large_is_not_read);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
