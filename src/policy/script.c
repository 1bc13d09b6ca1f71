#include "policy/script.h"

#include <string.h>

struct words {
    const char *at; /* the next one */
    const char *end;
    bool had_code;
    bool had_parts;
    bool reads_input;
};

static const char *next_word(struct words *words)
{
    const char *word = words->at;
    if (word >= words->end)
        return NULL;
    words->at += strnlen(word, (size_t)(words->end - word)) + 1;
    return words->at <= words->end ? word : NULL; /* cut off: not the whole word */
}

static bool has(const char *letters, char letter)
{
    return letters != NULL && letter != '\0' && strchr(letters, letter) != NULL;
}

/* True where the list has the first `length` letters of `option`. */
static bool lists(const char *list, const char *option, size_t length)
{
    for (; list != NULL && *list == ' ' && list[1] != '\0'; list += 1 + strcspn(list + 1, " ")) {
        size_t size = strcspn(list + 1, " ");
        bool pattern = list[size] == '*';
        if (pattern ? length >= size - 1 && strncmp(list + 1, option, size - 1) == 0
                    : length == size && strncmp(list + 1, option, size) == 0)
            return true;
    }
    return false;
}

enum step { STEP_ON, STEP_CODE, STEP_PART, STEP_FILE, STEP_LOST };

/* Takes the value of an option; `rest` is what stands behind it in its word, or NULL. */
static enum step take(struct words *words, const char *rest, enum step then, const char **word)
{
    *word = rest != NULL ? rest : next_word(words);
    return *word != NULL ? then : STEP_LOST;
}

static enum step read_long(const struct interpreter *how, struct words *words, const char *option,
                           const char **word)
{
    size_t length = strcspn(option, "=");
    const char *value = option[length] == '=' ? option + length + 1 : NULL;
    if (lists(how->long_code, option, length))
        return take(words, value, STEP_CODE, word);
    if (lists(how->long_parts, option, length))
        return take(words, value, STEP_PART, word);
    if (lists(how->long_files, option, length))
        return take(words, value, STEP_FILE, word);
    if (lists(how->long_values, option, length))
        return take(words, value, STEP_ON, word);
    if (lists(how->long_flags, option, length) || (value != NULL && how->long_flags != NULL))
        return STEP_ON;
    return STEP_LOST;
}

/* perl's -l and -0 are followed by a number, octal or behind 0x, and then by further letters. */
static const char *skip_attached(const struct interpreter *how, const char *letter)
{
    if (strcmp(how->name, "perl") != 0 || !has("l0", *letter))
        return NULL;
    if (*letter == '0' && letter[1] == 'x')
        return letter + 2 + strspn(letter + 2, "0123456789abcdefABCDEF");
    return letter + 1 + strspn(letter + 1, "01234567");
}

static enum step read_letters(const struct interpreter *how, struct words *words,
                              const char *letter, const char **word)
{
    bool shell = interpreter_is_shell(how);
    bool code = false;
    for (; *letter != '\0'; letter++) {
        const char *rest = letter[1] != '\0' && !shell ? letter + 1 : NULL;
        words->reads_input |= has(how->input, *letter);
        if (has(how->code, *letter) && shell)
            code = true; /* the text comes behind the values of other letters */
        else if (has(how->code, *letter))
            return take(words, rest, STEP_CODE, word);
        else if (has(how->parts, *letter))
            return take(words, rest, STEP_PART, word);
        else if (has(how->files, *letter))
            return take(words, rest, STEP_FILE, word);
        else if (has(how->values, *letter) && take(words, rest, STEP_ON, word) == STEP_LOST)
            return STEP_LOST;
        else if (has(how->values, *letter) && rest != NULL)
            return STEP_ON;
        else if (has(how->attached, *letter)) {
            letter = skip_attached(how, letter);
            if (letter == NULL)
                return STEP_ON;
            letter--;
        } else if (!has(how->values, *letter) && !has(how->flags, *letter))
            return STEP_LOST;
    }
    return code ? STEP_CODE : STEP_ON;
}

static bool is_java(const struct interpreter *how)
{
    return strcmp(how->name, "java") == 0;
}

/* Its options have one dash or two; what is run without -jar is a class, and no file. */
static enum step read_java(const struct interpreter *how, struct words *words, const char *option,
                           const char **word)
{
    if (strcmp(option, "-jar") == 0)
        return take(words, NULL, STEP_FILE, word);
    if (strcmp(option, "-cp") == 0 || strcmp(option, "-classpath") == 0 ||
        strcmp(option, "-p") == 0)
        return take(words, NULL, STEP_ON, word);
    if (strncmp(option, "--", 2) == 0)
        return read_long(how, words, option + 2, word);
    if (has(how->attached, option[1]) || strncmp(option, "-ea", 3) == 0 ||
        strncmp(option, "-javaagent:", 11) == 0 || strcmp(option, "-server") == 0)
        return STEP_ON;
    return STEP_LOST;
}

static enum step read_option(const struct interpreter *how, struct words *words, const char *option,
                             const char **word)
{
    if (is_java(how))
        return read_java(how, words, option, word);
    if (option[0] == '-' && option[1] == '-')
        return read_long(how, words, option + 2, word);
    if (strcmp(how->name, "node") == 0 && strcmp(option, "-pe") == 0)
        return take(words, NULL, STEP_CODE, word);
    return read_letters(how, words, option + 1, word);
}

static bool is_option(const struct interpreter *how, const char *word)
{
    return word[0] == '-' || (word[0] == '+' && interpreter_is_shell(how));
}

/* What is left when the options are read; NULL where the words ended. */
static enum script_said said(const struct interpreter *how, const struct words *words,
                             const char *word)
{
    if (words->had_parts) /* words are arguments of theirs */
        return SCRIPT_NONE;
    if (word == NULL) /* what is run comes from standard input, or was overwritten */
        return words->had_code && !words->reads_input ? SCRIPT_NONE : SCRIPT_UNKNOWN;
    if (word[0] == '\0' || (is_java(how) && strstr(word, ".java") == NULL))
        return SCRIPT_UNKNOWN;
    if (how->takes_no_word || (how->has_verbs && strpbrk(word, "./") == NULL))
        return SCRIPT_UNKNOWN;
    return SCRIPT_WORD;
}

/* "--", and a shell's "-": the options end. */
static bool ends_options(const struct interpreter *how, const char *word)
{
    return strcmp(word, "--") == 0 || (interpreter_is_shell(how) && strcmp(word, "-") == 0);
}

/* True where that settles it. */
static bool take_step(const struct interpreter *how, struct words *words, enum step step,
                      enum script_said *answer)
{
    *answer = step == STEP_FILE ? SCRIPT_WORD : SCRIPT_UNKNOWN;
    if (step == STEP_CODE && !how->code_goes_on && !words->reads_input)
        *answer = SCRIPT_NONE;
    words->had_code |= step == STEP_CODE;
    words->had_parts |= step == STEP_PART;
    return step == STEP_FILE || step == STEP_LOST || (step == STEP_CODE && !how->code_goes_on);
}

enum script_said script_find(const struct interpreter *how, const char *arguments, size_t length,
                             const char **word)
{
    struct words words = {.at = arguments, .end = arguments + length};
    enum script_said answer;
    next_word(&words); /* the interpreter's own name */
    while ((*word = next_word(&words)) != NULL && is_option(how, *word)) {
        if (ends_options(how, *word)) {
            *word = how->reads_at_dashes ? NULL : next_word(&words);
            break;
        }
        if ((*word)[1] == '\0')
            return SCRIPT_UNKNOWN;
        if (take_step(how, &words, read_option(how, &words, *word, word), &answer))
            return answer;
    }
    return said(how, &words, *word);
}
