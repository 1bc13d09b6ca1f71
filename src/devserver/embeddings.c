/* POST /v1/embeddings: vectors without meaning, but always the same ones. */
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "core/cleanup.h"
#include "devserver/api.h"
#include "devserver/body.h"

void ds_embed(const void *text, size_t length, float *vector, size_t dimensions)
{
    unsigned char block[DS_DIGEST_SIZE + 8];
    unsigned char random[DS_DIGEST_SIZE];
    double square = 0;
    /* SHA-256 of the text, then SHA-256 of that and a counter: four bytes a number. */
    ds_digest(text, length, block);
    for (size_t i = 0; i < dimensions; i++) {
        uint32_t bits;
        if (i % 8 == 0) {
            uint64_t counter = htole64(i / 8);
            memcpy(block + DS_DIGEST_SIZE, &counter, sizeof counter);
            ds_digest(block, sizeof block, random);
        }
        memcpy(&bits, random + i % 8 * 4, sizeof bits);
        vector[i] = (float)(le32toh(bits) / 2147483648.0 - 1.0);
        square += (double)vector[i] * vector[i];
    }
    for (size_t i = 0; i < dimensions; i++)
        vector[i] = square > 0 ? (float)(vector[i] / sqrt(square)) : (float)(i == 0);
}

static json_t *as_base64(float *vector, size_t dimensions)
{
    for (size_t i = 0; i < dimensions; i++) { /* little endian, as the SDKs read it */
        uint32_t bits;
        memcpy(&bits, &vector[i], sizeof bits);
        bits = htole32(bits);
        memcpy(&vector[i], &bits, sizeof bits);
    }
    gnutls_datum_t raw = {(unsigned char *)vector, (unsigned)(dimensions * sizeof *vector)};
    gnutls_datum_t text = {0};
    if (gnutls_base64_encode2(&raw, &text) != 0)
        return NULL;
    json_t *json = json_stringn((char *)text.data, text.size);
    gnutls_free(text.data);
    return json;
}

static json_t *as_numbers(const float *vector, size_t dimensions)
{
    json_t *numbers = json_array();
    for (size_t i = 0; i < dimensions; i++)
        json_array_append_new(numbers, json_real((double)vector[i]));
    return numbers;
}

struct options {
    size_t dimensions;
    bool base64;
};

/* `input` is a text, or an array of tokens, which stands for itself by its JSON. */
static json_t *embedding(const json_t *input, size_t index, const struct options *options,
                         size_t *tokens)
{
    auto_free float *vector = calloc(options->dimensions, sizeof *vector);
    auto_free char *spelled = json_is_string(input) ? NULL : json_dumps(input, JSON_COMPACT);
    const char *text = spelled == NULL ? json_string_value(input) : spelled;
    size_t length = spelled == NULL ? json_string_length(input) : strlen(spelled);
    if (vector == NULL || text == NULL)
        return NULL;
    *tokens += json_is_array(input) ? json_array_size(input) : (length + 3) / 4;
    ds_embed(text, length, vector, options->dimensions);
    return json_pack("{ss sI so}", "object", "embedding", "index", (json_int_t)index, "embedding",
                     options->base64 ? as_base64(vector, options->dimensions)
                                     : as_numbers(vector, options->dimensions));
}

static bool is_tokens(const json_t *input)
{
    const json_t *token;
    size_t i;
    json_array_foreach(input, i, token) if (!json_is_integer(token)) return false;
    return json_array_size(input) > 0;
}

/* The inputs as an array of texts or token arrays: a new reference, or NULL and a 400. */
static json_t *read_inputs(json_t *body, struct ds_reply *reply)
{
    json_t *input = json_object_get(body, "input");
    json_t *inputs =
        json_is_string(input) || is_tokens(input) ? json_pack("[O]", input) : json_incref(input);
    const json_t *each;
    size_t i;
    bool good = json_is_array(inputs) && json_array_size(inputs) > 0 &&
                json_array_size(inputs) <= DS_MAX_INPUTS;
    json_array_foreach(inputs, i, each) good =
        good && (json_is_string(each) ? json_string_length(each) > 0 : is_tokens(each));
    if (good)
        return inputs;
    json_decref(inputs);
    ds_reply_error(
        reply, 400, "invalid_input", "input",
        "input must be a text or an array of tokens, or an array of 1 to %d of them, none empty.",
        (int)DS_MAX_INPUTS);
    return NULL;
}

static bool read_options(json_t *body, size_t inputs, struct options *options,
                         struct ds_reply *reply)
{
    const json_t *format = json_object_get(body, "encoding_format");
    const json_t *dimensions = json_object_get(body, "dimensions");
    const char *name = format == NULL || json_is_null(format) ? "float" : json_string_value(format);
    json_int_t number = dimensions == NULL || json_is_null(dimensions)
                            ? (json_int_t)DS_DIMENSIONS
                            : json_integer_value(dimensions);
    options->base64 = name != NULL && strcmp(name, "base64") == 0;
    if (!options->base64 && (name == NULL || strcmp(name, "float") != 0)) {
        ds_reply_error(reply, 400, "invalid_encoding_format", "encoding_format",
                       "encoding_format must be \"float\" or \"base64\".");
        return false;
    }
    if (number < 1 || number > DS_MAX_DIMENSIONS || (size_t)number * inputs > DS_MAX_NUMBERS) {
        ds_reply_error(reply, 400, "invalid_dimensions", "dimensions",
                       "dimensions must be 1 to %d, and inputs times dimensions at most %d.",
                       (int)DS_MAX_DIMENSIONS, (int)DS_MAX_NUMBERS);
        return false;
    }
    options->dimensions = (size_t)number;
    return true;
}

static void answer(const json_t *inputs, const struct options *options, struct ds_reply *reply)
{
    json_t *data = json_array();
    const json_t *input;
    size_t i, tokens = 0;
    for (i = 0; i < json_array_size(inputs); i++) {
        input = json_array_get(inputs, i);
        json_array_append_new(data, embedding(input, i, options, &tokens));
    }
    ds_reply_json(reply, 200,
                  json_pack("{ss so ss s{sI sI}}", "object", "list", "data", data, "model",
                            DS_MODEL_EMBED, "usage", "prompt_tokens", (json_int_t)tokens,
                            "total_tokens", (json_int_t)tokens));
}

void ds_embeddings(const struct ds_call *call, struct ds_reply *reply)
{
    struct options options;
    json_t *body = ds_body_object(call, reply);
    if (body == NULL)
        return;
    json_t *inputs = ds_body_model(body, DS_MODEL_EMBED, reply) ? read_inputs(body, reply) : NULL;
    if (inputs != NULL && read_options(body, json_array_size(inputs), &options, reply))
        answer(inputs, &options, reply);
    json_decref(inputs);
    json_decref(body);
}
