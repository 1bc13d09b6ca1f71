#include "devserver/completion.h"

#include <stdlib.h>

void ds_completion_clear(struct ds_completion *completion)
{
    free(completion->text);
    completion->text = NULL;
}

json_t *ds_completion_usage(const struct ds_completion *completion)
{
    json_int_t prompt = (json_int_t)completion->prompt_tokens;
    json_int_t answer = (json_int_t)completion->completion_tokens;
    return json_pack("{sI sI sI}", "prompt_tokens", prompt, "completion_tokens", answer,
                     "total_tokens", prompt + answer);
}
