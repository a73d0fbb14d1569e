/*
 * The C ABI for Ruby and Go, as SWIG reads it. Written by hand over bq.h; bindings/generate makes the
 * wrappers from it, which are committed:
 *
 *   Ruby   ruby/ext/libbullmq/native_wrap.c                 module BullMQ::Native
 *   Go     go/internal/native/native.go, native_wrap.c      package native
 *
 * Conf, Client and Batch own what they hold and may be freed in any order, by a finalizer or by release();
 * a released client answers BQ_ECLOSED. Bytes go in borrowed (the library copies what it keeps) and come
 * out once: Ruby gets a String, Go a slice that is valid until its batch or conf is released. Text
 * ends at its first NUL in C: Ruby refuses one here, Go before the call. bq_wait is not here: both
 * languages wait on the descriptor.
 */
#ifdef SWIGRUBY
%module "bullMQ::native"
#else
%module native
#endif

%{
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bq/bq.h>

typedef struct Conf {
    bq_conf *handle;
} Conf;

typedef struct Client {
    bq_client *handle;
} Client;

typedef struct Batch {
    bq_batch *handle;
} Batch;

/* Borrowed text that ends at a NUL, on its way out. */
typedef bq_bytes bq_text;

static bq_text text_of(const char *text) {
    bq_text bytes = {text, strlen(text)};
    return bytes;
}

/* A conf that was asked for but could not be made must not pass as "the defaults". */
static int is_unusable(const Conf *conf) {
    return conf != NULL && conf->handle == NULL;
}

static bq_conf *conf_handle(const Conf *conf) {
    return conf != NULL ? conf->handle : NULL;
}

static bq_client *client_handle(const Client *client) {
    return client != NULL ? client->handle : NULL;
}
%}

%include <stdint.i>

typedef int64_t bq_id;

#ifdef SWIGRUBY
%typemap(in) bq_bytes {
    StringValue($input);
    $1.ptr = RSTRING_PTR($input);
    $1.len = (size_t)RSTRING_LEN($input);
}
%typemap(out) bq_bytes {
    $result = rb_str_new($1.ptr, (long)$1.len);
}
%typemap(in) const char * {
    $1 = StringValueCStr($input);
}
%typemap(freearg) const char * ""
%typemap(out) bq_text {
    $result = rb_utf8_str_new($1.ptr, (long)$1.len);
}
%rename("open?") is_open;
/* No events, no memory: nil. */
%typemap(out) Batch *take, Batch *cron_next {
    $result = $1 != NULL ? SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN) : Qnil;
}
#endif

#ifdef SWIGGO
%typemap(gotype) bq_bytes, bq_text "[]byte"
%typemap(in) bq_bytes {
    $1.ptr = (const char *)$input.array;
    $1.len = (size_t)$input.len;
}
%typemap(out) bq_bytes, bq_text {
    $result.array = (void *)$1.ptr;
    $result.len = (intgo)$1.len;
    $result.cap = (intgo)$1.len;
}
#endif

/* ---- library ------------------------------------------------------------------------------------ */

%rename(strerror) refusal_text;
%inline %{
static bq_text version(void) {
    return text_of(bq_version());
}

static bq_text refusal_text(int code) {
    return text_of(bq_strerror(code));
}
%}

/* ---- handles ------------------------------------------------------------------------------------ */

%nodefaultctor;
%nodefaultdtor;

typedef struct Conf {
} Conf;

%extend Conf {
    Conf(int scope) {
        Conf *conf = calloc(1, sizeof *conf);
        if (conf != NULL) {
            conf->handle = bq_conf_new(scope);
        }
        return conf;
    }
    ~Conf() {
        bq_conf_free(conf_handle($self));
        free($self);
    }
    int set(const char *name, const char *value) {
        return is_unusable($self) ? BQ_ENOMEM : bq_conf_set(conf_handle($self), name, value);
    }
    int set_json(bq_bytes json) {
        return is_unusable($self) ? BQ_ENOMEM : bq_conf_set_json(conf_handle($self), json);
    }
    bq_text error(void) {
        return text_of(is_unusable($self) ? bq_strerror(BQ_ENOMEM) : bq_conf_error(conf_handle($self)));
    }
}

typedef struct Client {
} Client;

%newobject Client::take;

%extend Client {
    Client(Conf *conf) {
        Client *client = calloc(1, sizeof *client);
        if (client != NULL && !is_unusable(conf)) {
            client->handle = bq_client_new(conf_handle(conf));
        }
        return client;
    }
    ~Client() {
        bq_client_free(client_handle($self));
        free($self);
    }
    /* Free what the object holds now; the object itself stays valid. */
    void release(void) {
        bq_client_free(client_handle($self));
        if ($self != NULL) {
            $self->handle = NULL;
        }
    }
    /* False when the library could not make the client, and once it is released. */
    bool is_open(void) {
        return client_handle($self) != NULL;
    }
    int fd(void) {
        return client_handle($self) ? bq_client_fd($self->handle) : BQ_ECLOSED;
    }
    bq_id close(int64_t grace_ms) {
        return client_handle($self) ? bq_client_close($self->handle, grace_ms) : BQ_ECLOSED;
    }
    bq_id queue_open(const char *name, Conf *conf) {
        if (is_unusable(conf)) {
            return BQ_ENOMEM;
        }
        return client_handle($self) ? bq_queue_open($self->handle, name, conf_handle(conf)) : BQ_ECLOSED;
    }
    bq_id call(bq_id queue, const char *command, bq_bytes args, bq_bytes payload) {
        return client_handle($self) ? bq_call($self->handle, queue, command, args, payload) : BQ_ECLOSED;
    }
    bq_id worker_open(bq_id queue, Conf *conf) {
        if (is_unusable(conf)) {
            return BQ_ENOMEM;
        }
        return client_handle($self) ? bq_worker_open($self->handle, queue, conf_handle(conf)) : BQ_ECLOSED;
    }
    int worker_credit(bq_id worker, int32_t slots) {
        return client_handle($self) ? bq_worker_credit($self->handle, worker, slots) : BQ_ECLOSED;
    }
    bq_id worker_pause(bq_id worker, bool do_not_wait) {
        return client_handle($self) ? bq_worker_pause($self->handle, worker, do_not_wait) : BQ_ECLOSED;
    }
    bq_id worker_resume(bq_id worker) {
        return client_handle($self) ? bq_worker_resume($self->handle, worker) : BQ_ECLOSED;
    }
    bq_id worker_close(bq_id worker, int64_t grace_ms) {
        return client_handle($self) ? bq_worker_close($self->handle, worker, grace_ms) : BQ_ECLOSED;
    }
    bq_id events_open(bq_id queue, Conf *conf) {
        if (is_unusable(conf)) {
            return BQ_ENOMEM;
        }
        return client_handle($self) ? bq_events_open($self->handle, queue, conf_handle(conf)) : BQ_ECLOSED;
    }
    bq_id events_close(bq_id events) {
        return client_handle($self) ? bq_events_close($self->handle, events) : BQ_ECLOSED;
    }
    bq_id job_done(bq_id job, bq_bytes result) {
        return client_handle($self) ? bq_job_done($self->handle, job, result) : BQ_ECLOSED;
    }
    bq_id job_fail(bq_id job, bq_bytes failure) {
        return client_handle($self) ? bq_job_fail($self->handle, job, failure) : BQ_ECLOSED;
    }
    /* Up to `max` waiting events (0: all), or no batch when none wait. */
    Batch *take(int32_t max) {
        bq_batch *events = client_handle($self) ? bq_take($self->handle, max) : NULL;
        Batch *batch = events != NULL ? calloc(1, sizeof *batch) : NULL;
        if (batch == NULL) {
            bq_batch_free(events);
            return NULL;
        }
        batch->handle = events;
        return batch;
    }
}

typedef struct Batch {
} Batch;

%extend Batch {
    ~Batch() {
        bq_batch_free($self->handle);
        free($self);
    }
    /* The records. Go: borrowed until DeleteBatch. */
    bq_bytes bytes(void) {
        bq_bytes none = {NULL, 0};
        return $self->handle != NULL ? bq_batch_bytes($self->handle) : none;
    }
    /* Free the bytes now; the object itself stays valid and is empty. */
    void release(void) {
        bq_batch_free($self->handle);
        $self->handle = NULL;
    }
}

/* ---- cron --------------------------------------------------------------------------------------- */

%newobject cron_next;
%inline %{
/* Runs of a cron pattern: a batch of one record, or no batch when memory is short. */
static Batch *cron_next(bq_bytes args) {
    bq_batch *runs = bq_cron_next(args);
    Batch *batch = runs != NULL ? calloc(1, sizeof *batch) : NULL;
    if (batch == NULL) {
        bq_batch_free(runs);
        return NULL;
    }
    batch->handle = runs;
    return batch;
}
%}
