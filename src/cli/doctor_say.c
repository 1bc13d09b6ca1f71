/* One finding of `doctor`, for a person or for a program. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor.h"
#include "cli/style.h"

const char *health_word(enum health health)
{
    static const char *const words[] = {"good", "warning", "failure"};
    return words[health];
}

void doctor_at(struct doctor *doctor, const char *code, const char *file, unsigned line)
{
    doctor->code = code;
    doctor->file = file;
    doctor->line = line;
}

void doctor_say(struct doctor *doctor, enum health health, const char *topic, const char *format,
                ...)
{
    char *sentence = NULL;
    va_list arguments;
    json_t *object;
    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    if (health > doctor->worst)
        doctor->worst = health;
    if (doctor->array != NULL) {
        object = json_object();
        json_put_text(object, "health", health_word(health));
        json_put_text(object, "topic", topic);
        json_put_text(object, "code", doctor->code != NULL ? doctor->code : topic);
        json_put_text(object, "file", doctor->file);
        json_put(object, "line", doctor->line ? json_integer(doctor->line) : NULL);
        json_put_text(object, "sentence", sentence);
        json_array_append_new(doctor->array, object);
    } else {
        style_print(health == HEALTH_GOOD      ? STYLE_GOOD
                    : health == HEALTH_WARNING ? STYLE_WARNING
                                               : STYLE_BAD,
                    health_word(health));
        printf("%*s %-9s %s\n", health == HEALTH_GOOD ? 3 : 0, "", topic,
               sentence != NULL ? cli_shown(sentence) : "?");
    }
    free(sentence);
    doctor_at(doctor, NULL, NULL, 0);
}
