#include <string.h>
#include <sys/mman.h>

#include "commissioned/policy_image.h"
#include "core/cleanup.h"
#include "core/ids.h"

enum { FILE_SIZE = 256 }; /* bytes of the file's name that are kept */

struct error_image {
    struct policy_image image; /* first: its address is the mapping's */
    struct policy_rule rule;
    struct policy_key key;
    struct policy_origin origin;
    uint32_t slots[2];
    uint32_t chain[1];
    char name[sizeof "error"];
    char path[2];
    char host[sizeof COMMISSIONED_HOST];
    char file[FILE_SIZE];
    char sentence[POLICY_MAX_SENTENCE];
};

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

static void fill(struct error_image *made)
{
    uint32_t slot = policy_scope_hash(COMMISSIONED_HOST, COMMISSIONED_PORT, "/", 1) & 1u;
    memcpy(made->name, "error", sizeof made->name);
    made->path[0] = '/';
    memcpy(made->host, COMMISSIONED_HOST, sizeof made->host);
    made->origin = (struct policy_origin){made->host, COMMISSIONED_PORT};
    made->key.name = made->name;
    made->key.error = made->sentence;
    made->key.source = made->file;
    made->key.next = POLICY_NONE;
    made->rule.name = made->name;
    made->rule.file = made->file;
    made->rule.host = made->host;
    made->rule.path = made->path;
    made->rule.port = COMMISSIONED_PORT;
    made->rule.path_len = 1;
    made->rule.missing = POLICY_MISSING_FAIL;
    made->rule.report = POLICY_REPORT_DENIED;
    made->slots[slot] = 0;
    made->slots[1 - slot] = POLICY_NONE;
    made->chain[0] = POLICY_NONE;
    made->image.index = (struct policy_index){made->slots, made->chain, 2, 1};
}

struct policy_image *policy_image_error(const char *file, const char *sentence)
{
    auto_errno int saved = errno;
    struct error_image *made =
        mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
    copy_text(made->file, sizeof made->file, file);
    copy_text(made->sentence, sizeof made->sentence, sentence);
    fill(made);
    made->image.abi = POLICY_IMAGE_ABI;
    made->image.size = sizeof *made;
    made->image.rules = &made->rule;
    made->image.nrules = 1;
    made->image.keys = &made->key;
    made->image.nkeys = 1;
    made->image.origins = &made->origin;
    made->image.norigins = 1;
    made->image.error = made->sentence;
    ids_user(&made->image.euid);
    ids_group(&made->image.egid);
    made->image.read_by = made->image.euid;
    return &made->image;
}
