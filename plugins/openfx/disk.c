#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_VARIABLE "DIPKIT_CACHE_DIR"
#define LIMIT_VARIABLE "DIPKIT_CACHE_DISK"
#define DEFAULT_LIMIT 10240
#define FRAME ".dipkit"
#define LOCK ".lock"
// How the names of files begin that the engine has not finished writing.
#define UNFINISHED ".dipkit-"
// The age of an unfinished file from which on the process that wrote it must have been killed.
#define SECONDS_OF_UNFINISHED 3600
#define POLL_MILLISECONDS 50

uint64_t cache_limit(const char *variable, uint64_t default_mebibytes) {
  const char *text = getenv(variable);
  char *end;
  unsigned long long mebibytes;
  if (text == NULL || *text < '0' || *text > '9')
    return default_mebibytes << 20;
  mebibytes = strtoull(text, &end, 10);
  if (*end != '\0')
    return default_mebibytes << 20;
  return mebibytes < UINT64_MAX >> 20 ? (uint64_t)mebibytes << 20 : UINT64_MAX;
}

// Finds the folder; gives 0 if there is none.
static int find_folder(char *folder, size_t size) {
  const char *own = getenv(FOLDER_VARIABLE), *caches = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  int length = 0;
  if (own != NULL && own[0] != '\0')
    length = snprintf(folder, size, "%s", own);
  else if (caches != NULL && caches[0] == '/')
    length = snprintf(folder, size, "%s/dipkit", caches);
  else if (home != NULL && home[0] == '/')
    length = snprintf(folder, size, "%s/.cache/dipkit", home);
  return length > 0 && (size_t)length < size;
}

static int make_folder(char *folder) {
  char *slash;
  for (slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(folder, 0777);
    *slash = '/';
  }
  return mkdir(folder, 0777) == 0 || errno == EEXIST;
}

void disk_describe(DiskEntry *entry, const Engine *engine, const DipInputs *inputs, const uint8_t key[KEY_BYTES]) {
  char folder[DISK_PATH_SIZE - 2 * KEY_BYTES - sizeof FRAME - 1];
  size_t length, i;
  *entry = (DiskEntry){.engine = engine, .inputs = inputs, .lock = -1};
  if (cache_limit(LIMIT_VARIABLE, DEFAULT_LIMIT) == 0 || !find_folder(folder, sizeof folder))
    return;
  length = (size_t)snprintf(entry->path, sizeof entry->path, "%s/", folder);
  for (i = 0; i < KEY_BYTES; i++)
    length += (size_t)snprintf(entry->path + length, sizeof entry->path - length, "%02x", key[i]);
  snprintf(entry->path + length, sizeof entry->path - length, FRAME);
}

int disk_has(const DiskEntry *entry) {
  return entry->path[0] != '\0' && access(entry->path, R_OK) == 0;
}

static void lock_path(const DiskEntry *entry, char *path, size_t size) {
  snprintf(path, size, "%.*s" LOCK, (int)(strlen(entry->path) - strlen(FRAME)), entry->path);
}

// Locks a frame. Gives 1 if it is locked or the file system has no locks, 0 if another process restores the frame.
static int try_lock(DiskEntry *entry) {
  char path[DISK_PATH_SIZE];
  struct stat opened, named;
  lock_path(entry, path, sizeof path);
  entry->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (entry->lock < 0)
    return 1;
  if (flock(entry->lock, LOCK_EX | LOCK_NB) == 0) {
    // The process that had the lock before has removed its file: then this one is of no use.
    if (fstat(entry->lock, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino)
      return 1;
  } else if (errno != EWOULDBLOCK && errno != EINTR) {
    return 1; // some file systems have no locks
  }
  close(entry->lock);
  entry->lock = -1;
  return 0;
}

static void unlock(DiskEntry *entry) {
  char path[DISK_PATH_SIZE];
  if (entry->lock < 0)
    return;
  lock_path(entry, path, sizeof path);
  unlink(path);
  close(entry->lock);
  entry->lock = -1;
}

static void wait_a_little(void) {
  const struct timespec pause = {.tv_nsec = POLL_MILLISECONDS * 1000000L};
  nanosleep(&pause, NULL);
}

DipSession *disk_enter(void *owner, Worker *worker) {
  DiskEntry *entry = owner;
  DipSession *session = NULL;
  char folder[DISK_PATH_SIZE];
  if (entry->path[0] == '\0' || !find_folder(folder, sizeof folder) || !make_folder(folder))
    return NULL;
  while (!disk_has(entry) && !try_lock(entry) && worker_may_go_on(worker))
    wait_a_little();
  if (!disk_has(entry) || entry->engine->load(entry->path, entry->inputs, &session) != DIP_OK) {
    // The file cannot be used: whichever process gets the lock replaces it.
    while (entry->lock < 0 && !try_lock(entry) && worker_may_go_on(worker))
      wait_a_little();
    return NULL;
  }
  entry->is_found = 1;
  unlock(entry);
  utimensat(AT_FDCWD, entry->path, NULL, 0);
  return session;
}

typedef struct Kept {
  char *name;
  uint64_t bytes;
  struct timespec used;
} Kept;

static int has_ending(const char *name, const char *ending) {
  const size_t length = strlen(name), of_ending = strlen(ending);
  return length > of_ending && strcmp(name + length - of_ending, ending) == 0;
}

static int is_frame(const char *name) {
  return strlen(name) == 2 * KEY_BYTES + strlen(FRAME) && has_ending(name, FRAME) &&
         strspn(name, "0123456789abcdef") == 2 * KEY_BYTES;
}

static int is_older(const void *one, const void *other) {
  const struct timespec a = ((const Kept *)one)->used, b = ((const Kept *)other)->used;
  return a.tv_sec != b.tv_sec ? (a.tv_sec > b.tv_sec) - (a.tv_sec < b.tv_sec)
                              : (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

// Lists the frames of a folder, to be freed with their names. Files that nobody will finish are removed on the way.
static Kept *list(int folder, size_t *out_count) {
  DIR *names = fdopendir(dup(folder));
  Kept *kept = NULL;
  struct dirent *found;
  *out_count = 0;
  while (names != NULL && (found = readdir(names)) != NULL) {
    struct stat file;
    Kept *more;
    if (fstatat(folder, found->d_name, &file, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(file.st_mode))
      continue;
    if (strncmp(found->d_name, UNFINISHED, strlen(UNFINISHED)) == 0 &&
        time(NULL) - file.st_mtime > SECONDS_OF_UNFINISHED)
      unlinkat(folder, found->d_name, 0);
    if (!is_frame(found->d_name))
      continue;
    more = realloc(kept, (*out_count + 1) * sizeof *kept);
    if (more == NULL)
      break;
    kept = more;
    kept[*out_count] = (Kept){strdup(found->d_name), (uint64_t)file.st_size, file.st_mtim};
    *out_count += kept[*out_count].name != NULL;
  }
  if (names != NULL)
    closedir(names);
  return kept;
}

// Removes the frames that were used longest ago, until the rest is no more than so many bytes.
static void keep_below(uint64_t bytes) {
  char path[DISK_PATH_SIZE];
  uint64_t sum = 0;
  size_t count = 0, i;
  Kept *kept;
  const int folder = find_folder(path, sizeof path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (folder < 0)
    return;
  kept = list(folder, &count);
  for (i = 0; i < count; i++)
    sum += kept[i].bytes;
  if (count > 0)
    qsort(kept, count, sizeof *kept, is_older);
  for (i = 0; i < count; i++) {
    if (sum > bytes && unlinkat(folder, kept[i].name, 0) == 0)
      sum -= kept[i].bytes;
    free(kept[i].name);
  }
  free(kept);
  close(folder);
}

void disk_leave(void *owner, DipSession *session, DipStatus status) {
  DiskEntry *entry = owner;
  DipMetrics metrics = {.struct_size = sizeof metrics};
  // Where a time limit ends a fit depends on the machine.
  if (entry->path[0] != '\0' && session != NULL && status == DIP_OK && !entry->is_found &&
      entry->engine->get_metrics(session, &metrics) == DIP_OK &&
      (metrics.state == DIP_STATE_FINISHED || metrics.state == DIP_STATE_STOPPED_EARLY) &&
      entry->engine->save(session, entry->path) == DIP_OK)
    keep_below(cache_limit(LIMIT_VARIABLE, DEFAULT_LIMIT));
  unlock(entry);
}

void disk_clear(void) {
  keep_below(0);
}
