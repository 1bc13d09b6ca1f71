#include "preload/policy/search.h"

#include <stdio.h>

#include "preload/loader/slab.h"
#include "preload/policy/who_asks.h"

static struct search *look(void)
{
    struct search *search = slab_map(sizeof *search);
    if (search == NULL)
        return NULL;
    places_find(&search->places);
    search->there = places_anything_there(&search->places);
    return search;
}

struct search *search_begin(void)
{
    struct search *search = look();
    if (search != NULL && search->there)
        search->module = module_find();
    return search;
}

void search_end(struct search *search)
{
    if (search != NULL)
        slab_unmap(search, sizeof *search);
}

bool search_finds_any(void)
{
    struct search *search = look();
    bool there = search == NULL || search->there;
    search_end(search);
    return there;
}

static struct policy_image *passing_error(const char *file, const char *sentence)
{
    struct policy_image *image = policy_image_error(file, sentence);
    if (image != NULL)
        image->passing = true;
    return image;
}

static struct policy_image *unloaded(const struct module *module)
{
    char sentence[POLICY_MAX_SENTENCE];
    snprintf(sentence, sizeof sentence, MODULE_NAME " cannot be loaded: %s (it is tried again)",
             module->why);
    return passing_error(MODULEDIR "/" MODULE_NAME, sentence);
}

static struct policy_image *without_module(const struct module *module)
{
    if (module->lack == MODULE_REMOVED)
        return NULL; /* and so are we */
    if (module->why[0] != '\0')
        return unloaded(module);
    if (module->lack == MODULE_ABSENT)
        return passing_error(MODULEDIR "/" MODULE_NAME,
                             MODULE_NAME " is neither beside the library nor in " MODULEDIR
                                         ": install commissioned-auth again");
    return passing_error(MODULEDIR "/" MODULE_NAME,
                         MODULE_NAME " cannot be loaded now: see whether descriptors, memory, link "
                                     "namespaces or a right are wanting (it is tried again)");
}

static struct policy_image *with_module(const struct search *search)
{
    struct policy_image *image = who_asks_build(search->module.build, &search->places);
    if (image != NULL || !search_finds_any())
        return image;
    return passing_error(PLACES_SYSTEM_FILE,
                         "the policy cannot be read now, for memory ran out or commissioned-auth "
                         "is another version by now: restart this program (it is tried again)");
}

struct policy_image *search_read(const struct search *search, bool *passing)
{
    *passing = search == NULL;
    if (search == NULL || !search->there)
        return NULL;
    struct policy_image *image =
        search->module.build != NULL ? with_module(search) : without_module(&search->module);
    bool removed = search->module.build == NULL && search->module.lack == MODULE_REMOVED;
    *passing = image != NULL ? image->passing : !removed && search_finds_any();
    return image;
}
