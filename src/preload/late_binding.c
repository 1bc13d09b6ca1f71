#include "late_binding.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "elf_find.h"
#include "handle.h"
#include "late_libc.h"
#include "locks.h"
#include "provider.h"

/* Relocations that hold a function's address, and how an entry of the table is laid out, by
 * machine. */
#if defined(__x86_64__)
enum { REL_SLOT = R_X86_64_JUMP_SLOT, REL_DATA = R_X86_64_GLOB_DAT, REL_ADDRESS = R_X86_64_64 };
#elif defined(__i386__)
enum { REL_SLOT = R_386_JMP_SLOT, REL_DATA = R_386_GLOB_DAT, REL_ADDRESS = R_386_32 };
#elif defined(__aarch64__)
enum {
    REL_SLOT = R_AARCH64_JUMP_SLOT,
    REL_DATA = R_AARCH64_GLOB_DAT,
    REL_ADDRESS = R_AARCH64_ABS64
};
#else
enum { REL_SLOT = -1, REL_DATA = -1, REL_ADDRESS = -1 }; /* nothing is re-pointed */
#endif

#ifdef __LP64__
typedef ElfW(Rela) relocation;
#define RELOCATION_TYPE(info)   ELF64_R_TYPE(info)
#define RELOCATION_SYMBOL(info) ELF64_R_SYM(info)
#else
typedef ElfW(Rel) relocation;
#define RELOCATION_TYPE(info)   ELF32_R_TYPE(info)
#define RELOCATION_SYMBOL(info) ELF32_R_SYM(info)
#endif

/* ---- the names ---------------------------------------------------------------------------------
 */

enum ours { EASY_INIT, MULTI_INIT, NAMES = 12 };

static const char names[NAMES][26] = {
    "curl_easy_init",       "curl_multi_init",          "curl_easy_cleanup",
    "curl_easy_duphandle",  "curl_easy_perform",        "curl_easy_reset",
    "curl_easy_setopt",     "curl_multi_add_handle",    "curl_multi_cleanup",
    "curl_multi_info_read", "curl_multi_remove_handle", "curl_multi_setopt"};

/* Our function of that name. */
static void *exported(unsigned name)
{
    switch (name) {
    case EASY_INIT:
        return (void *)curl_easy_init;
    case MULTI_INIT:
        return (void *)curl_multi_init;
    case 2:
        return (void *)curl_easy_cleanup;
    case 3:
        return (void *)curl_easy_duphandle;
    case 4:
        return (void *)curl_easy_perform;
    case 5:
        return (void *)curl_easy_reset;
    case 6:
        return (void *)curl_easy_setopt;
    case 7:
        return (void *)curl_multi_add_handle;
    case 8:
        return (void *)curl_multi_cleanup;
    case 9:
        return (void *)curl_multi_info_read;
    case 10:
        return (void *)curl_multi_remove_handle;
    default:
        return (void *)curl_multi_setopt;
    }
}

static unsigned number_of(const char *name)
{
    unsigned i = 0;
    while (i < NAMES && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* What stands for that name of that libcurl. */
static void *replacement(unsigned name, const struct provider *provider)
{
    if (name == EASY_INIT)
        return handle_easy_entry(provider_number(provider));
    if (name == MULTI_INIT)
        return handle_multi_entry(provider_number(provider));
    return exported(name);
}

bool late_binding_is_ours(const char *name)
{
    return late_libc_bind() && number_of(name) < NAMES;
}

bool late_binding_is_exported(const void *function)
{
    unsigned i = 0;
    while (i < NAMES && exported(i) != function)
        i++;
    return i < NAMES;
}

void *late_binding_instead(const char *name, void *found)
{
    int saved = errno;
    const struct provider *provider = provider_of(found);
    if (provider != NULL)
        found = replacement(number_of(name), provider);
    errno = saved;
    return found;
}

/* ---- what was loaded ---------------------------------------------------------------------------
 */

enum { NAME_SIZE = 512 };

/* An object that may call libcurl. Copied, for it may be unloaded as soon as the loader's lock is
 * free. */
struct candidate {
    uintptr_t base;
    struct elf_extent relro; /* made read-only by the loader after relocation */
    struct elf_extent mapping;
    char name[NAME_SIZE];
};

struct survey {
    unsigned wanted; /* the number of the candidate to find */
    unsigned seen;   /* candidates so far */
    bool complete;   /* there was none of that number */
    struct candidate candidate;
};

/*
 * Fingerprints of objects that need no libcurl; atomic. Two that share a place are looked at again.
 * An object that does need one is never remembered: it may be unloaded and come back in its place.
 */
enum { REMEMBERED = 64 };
static uintptr_t remembered[REMEMBERED];

/* The loader's count of objects when all that need a libcurl were bound; atomic. */
static unsigned long long bound_at;

static bool names_libcurl(const char *path)
{
    for (; path != NULL && *path != '\0'; path++)
        if (path[0] == 'l' && path[1] == 'i' && path[2] == 'b' && path[3] == 'c' &&
            path[4] == 'u' && path[5] == 'r' && path[6] == 'l')
            return true;
    return false;
}

static bool needs_libcurl(uintptr_t base, const ElfW(Dyn) * dynamic)
{
    const ElfW(Dyn) *entry = dynamic;
    while (entry != NULL && entry->d_tag != DT_STRTAB && entry->d_tag != DT_NULL)
        entry++;
    if (entry == NULL || entry->d_tag == DT_NULL)
        return false;
    const char *strings = elf_pointer(base, entry->d_un.d_ptr);
    for (; dynamic->d_tag != DT_NULL; dynamic++)
        if (dynamic->d_tag == DT_NEEDED && names_libcurl(strings + dynamic->d_un.d_val))
            return true;
    return false;
}

static void measure(const struct dl_phdr_info *info, struct candidate *candidate)
{
    candidate->base = info->dlpi_addr;
    candidate->mapping = elf_extent(info);
    candidate->relro = (struct elf_extent){0, 0};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_RELRO)
            candidate->relro = (struct elf_extent){start, start + header->p_memsz};
    }
}

/* One at a time: threads with small stacks call dlsym too. */
static int find_candidate(struct dl_phdr_info *info, size_t size, void *data)
{
    struct survey *survey = data;
    (void)size;
    size_t length = strlen(info->dlpi_name);
    if (length >= NAME_SIZE || !needs_libcurl(info->dlpi_addr, elf_dynamic(info)))
        return 0;
    measure(info, &survey->candidate);
    if (survey->seen++ < survey->wanted)
        return 0;
    memcpy(survey->candidate.name, info->dlpi_name, length + 1);
    return 1;
}

/* ---- one module --------------------------------------------------------------------------------
 */

struct module {
    const struct candidate *candidate;
    const struct provider *provider;
    struct elf_object object;
    bool told_apart; /* by entries for its libcurl alone */
};

/* Another preload in front of us, or a function of the program's own, keeps its place. */
static bool may_change(const struct module *module, unsigned name, uintptr_t now)
{
    const struct candidate *own = module->candidate;
    if (now - module->provider->start < module->provider->end - module->provider->start)
        return true; /* bound past us */
    if (now - own->mapping.start < own->mapping.end - own->mapping.start)
        return true; /* not bound yet: it still leads to the module's own table */
    return module->told_apart && name <= MULTI_INIT && now == (uintptr_t)exported(name);
}

/* The loader left it read-only: open its page for the one word. */
static void write_slot(const struct module *module, uintptr_t *slot, uintptr_t value)
{
    const uintptr_t page = (uintptr_t)getauxval(AT_PAGESZ);
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    /* The loader closes whole pages: the last one, if it is shared, stays open. */
    bool closed = (uintptr_t)slot >= (module->candidate->relro.start & ~(page - 1)) &&
                  (uintptr_t)slot < (module->candidate->relro.end & ~(page - 1));
    if (closed && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (closed)
        mprotect(start, page, PROT_READ);
}

static void repoint(const struct module *module, const char *table, size_t size)
{
    const relocation *entry = (const relocation *)(const void *)table;
    for (const relocation *end = entry + size / sizeof *entry; entry < end; entry++) {
        int type = (int)RELOCATION_TYPE(entry->r_info);
        if (type != REL_SLOT && type != REL_DATA && type != REL_ADDRESS)
            continue;
        const ElfW(Sym) *symbol = &module->object.symbols[RELOCATION_SYMBOL(entry->r_info)];
        unsigned name = number_of(module->object.strings + symbol->st_name);
        if (name == NAMES || symbol->st_shndx != SHN_UNDEF)
            continue;
        uintptr_t *slot = (uintptr_t *)(module->object.base + entry->r_offset);
        uintptr_t wanted =
            (uintptr_t)(module->told_apart ? replacement(name, module->provider) : exported(name));
        if (*slot != wanted && may_change(module, name, *slot))
            write_slot(module, slot, wanted);
    }
}

/*
 * A plugin gets entries that know its libcurl even while there is no other: a second one may come,
 * and the call that would show it may be a tail call. The main program, which is most of what links
 * libcurl, is told by its return address for as long as that is enough.
 */
static void bind_module(const struct candidate *candidate, bool several)
{
    struct link_map *map = NULL;
    struct module module = {.candidate = candidate,
                            .told_apart = several || candidate->name[0] != '\0'};
    void *handle =
        dlopen(candidate->name[0] != '\0' ? candidate->name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return; /* gone again */
    void *init = candidate->name[0] != '\0' ? dlsym(handle, names[EASY_INIT])
                                            : dlsym(RTLD_NEXT, names[EASY_INIT]);
    if (init != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
        map->l_addr == candidate->base)
        module.provider = provider_of(init);
    if (module.provider != NULL && elf_object_read(&module.object, map->l_addr, map->l_ld) &&
        elf_object_find(&module.object, names[EASY_INIT]) == NULL) {
        lock_take(LOCK_BINDING);
        repoint(&module, module.object.plt_relocations, module.object.plt_size);
        repoint(&module, module.object.relocations, module.object.relocations_size);
        lock_give(LOCK_BINDING);
    }
    dlclose(handle);
}

/* Somebody in front of us answers for libcurl's names: then the modules are theirs. */
static bool is_first(void)
{
    return late_dlsym()(RTLD_DEFAULT, names[EASY_INIT]) == exported(EASY_INIT);
}

static bool find_next_candidate(struct survey *survey)
{
    survey->seen = 0;
    if (!loader_lists_are_safe() || !lock_try(LOCK_LOADER))
        return false;
    int found = dl_iterate_phdr(find_candidate, survey);
    lock_give(LOCK_LOADER);
    survey->complete = found == 0;
    return found != 0;
}

/* False where somebody else was reading the loader's list. */
static bool bind_all(void)
{
    struct survey survey = {.wanted = 0};
    int saved = errno;
    bool several = provider_count_loaded() > 1;
    for (; find_next_candidate(&survey); survey.wanted++)
        bind_module(&survey.candidate, several);
    dlerror(); /* a name that was not found must not be the host's next error */
    errno = saved;
    return survey.complete;
}

static uintptr_t *place_of(const struct link_map *map, uintptr_t *print)
{
    uintptr_t dynamic = (uintptr_t)map->l_ld;
    *print = (uintptr_t)map ^ (dynamic << 7) ^ (dynamic >> 9);
    return &remembered[((uintptr_t)map >> 6) % REMEMBERED];
}

/*
 * Most processes come here and have no libcurl: for them this reads the object's dynamic section
 * once, takes no lock and calls nothing. The caller holds the handle, so the object stays.
 */
static bool is_of_no_interest(const struct link_map *map)
{
    uintptr_t print;
    uintptr_t *place = place_of(map, &print);
    if (__atomic_load_n(place, __ATOMIC_RELAXED) == print)
        return true;
    if (needs_libcurl(map->l_addr, map->l_ld))
        return false;
    __atomic_store_n(place, print, __ATOMIC_RELAXED);
    return true;
}

void late_binding_look(const void *handle)
{
    const struct link_map *map = handle; /* what dlopen returns: dlinfo(3), RTLD_DI_LINKMAP */
    unsigned long long now;
    if ((map != NULL && is_of_no_interest(map)) || !late_libc_bind() || !provider_loads(&now) ||
        __atomic_load_n(&bound_at, __ATOMIC_RELAXED) == now)
        return;
    if (is_first() && bind_all())
        __atomic_store_n(&bound_at, now, __ATOMIC_RELAXED);
}
