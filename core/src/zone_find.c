/* From a name to a zoneinfo file. Names come from job options, that is from anyone who may write to
 * the queue: only what can be an IANA name ever becomes part of a path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "zone.h"

enum { LARGEST_FILE = 256 * 1024, LONGEST_NAME = 64, LONGEST_PATH = 512 };

static const char *const folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                      "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};

/* Letters that Java once used for zones, which Node takes as well. */
static const struct {
    const char *code;
    const char *name;
} old_codes[] = {
    {"ACT", "Australia/Darwin"},     {"AET", "Australia/Sydney"},
    {"AGT", "America/Buenos_Aires"}, {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"},    {"BET", "America/Sao_Paulo"},
    {"BST", "Asia/Dhaka"},           {"CAT", "Africa/Maputo"},
    {"CNT", "America/St_Johns"},     {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"},        {"EAT", "Africa/Nairobi"},
    {"ECT", "Europe/Paris"},         {"IET", "America/Indianapolis"},
    {"IST", "Asia/Kolkata"},         {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},         {"NET", "Asia/Yerevan"},
    {"NST", "Pacific/Auckland"},     {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"},      {"PRT", "America/Puerto_Rico"},
    {"PST", "America/Los_Angeles"},  {"SST", "Pacific/Guadalcanal"},
    {"VST", "Asia/Ho_Chi_Minh"},
};

struct bqi_zone *bqi_zone_new(struct bqi_error *error) {
    struct bqi_zone *zone = bqi_calloc(sizeof *zone);
    if (!zone)
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    return zone;
}

void bqi_zone_free(struct bqi_zone *zone) {
    if (!zone)
        return;
    bqi_free(zone->transitions);
    bqi_free(zone->types);
    bqi_free(zone);
}

/* ---- reading ---- */

/* The whole of a regular file; NULL: there is none, or it is too large. */
static unsigned char *read_file(const char *path, size_t *len) {
    struct stat about;
    unsigned char *data = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return NULL;
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 &&
        about.st_size <= LARGEST_FILE)
        data = bqi_malloc((size_t)about.st_size);
    *len = 0;
    while (data && *len < (size_t)about.st_size) {
        ssize_t n = read(file, data + *len, (size_t)about.st_size - *len);
        if (n > 0)
            *len += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break;
    }
    close(file);
    return data;
}

struct bqi_zone *bqi_zone_read(const char *path, struct bqi_error *error) {
    size_t len;
    unsigned char *data = read_file(path, &len);
    struct bqi_zone *zone = data ? bqi_zone_new(error) : NULL;
    int status = zone ? bqi_zone_parse(zone, data, len) : -1;
    bqi_free(data);
    if (zone && status == -2)
        bqi_error_set(error, BQ_ERR_OUT_OF_MEMORY, "Out of memory.");
    if (status == 0)
        return zone;
    bqi_zone_free(zone);
    return NULL;
}

/* ---- finding ---- */

/* Parts of letters, digits, "+", "-" and "_" with single slashes between them. */
static int can_be_name(const char *name) {
    size_t len = strlen(name);
    if (len == 0 || len > LONGEST_NAME || name[0] == '/' || name[len - 1] == '/' ||
        strstr(name, "//"))
        return 0;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/") ==
           len;
}

/* Files of the folder that are no zones of their own. */
static int is_refused(const char *name) {
    static const char *const refused[] = {"Factory", "localtime", "posixrules", "Etc/Unknown"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcasecmp(name, refused[i]) == 0)
            return 1;
    return strncasecmp(name, "posix/", 6) == 0 || strncasecmp(name, "right/", 6) == 0;
}

/* Bring the part of `path` that begins at `part` into the letter case of the folder's entry. */
static void match_case(char *path, char *part) {
    char *end = part + strcspn(part, "/");
    char slash = *end;
    struct dirent *entry;
    part[-1] = '\0';
    DIR *folder = opendir(path);
    part[-1] = '/';
    *end = '\0';
    while (folder && (entry = readdir(folder)))
        if (strcasecmp(entry->d_name, part) == 0)
            memcpy(part, entry->d_name, (size_t)(end - part));
    *end = slash;
    if (folder)
        closedir(folder);
}

static struct bqi_zone *find_below(const char *folder, const char *name, struct bqi_error *error) {
    char path[LONGEST_PATH];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return NULL;
    struct bqi_zone *zone = bqi_zone_read(path, error);
    if (zone || error->code)
        return zone;
    for (char *part = path + strlen(folder) + 1; part; part = strchr(part, '/')) {
        part += *part == '/';
        match_case(path, part);
    }
    return bqi_zone_read(path, error);
}

static const char *name_of_old_code(const char *code) {
    for (size_t i = 0; i < sizeof old_codes / sizeof *old_codes; i++)
        if (strcasecmp(code, old_codes[i].code) == 0)
            return old_codes[i].name;
    return NULL;
}

struct bqi_zone *bqi_zone_find(const char *name, struct bqi_error *error) {
    const char *own = getenv("TZDIR");
    struct bqi_zone *zone = NULL;
    error->code = 0;
    if (!can_be_name(name) || is_refused(name))
        return NULL;
    if (own && *own)
        zone = find_below(own, name, error);
    for (size_t i = 0; !zone && !error->code && i < sizeof folders / sizeof *folders; i++)
        zone = find_below(folders[i], name, error);
    const char *current = name_of_old_code(name);
    return zone || error->code || !current ? zone : bqi_zone_find(current, error);
}
