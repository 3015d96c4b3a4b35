// The restored frames on disk, a file for each key. A file is written beside its place and moved there, and is read
// back only if it is whole; where there are too many, the oldest are removed. Nothing here can fail a render: without a
// folder there is no cache.
#ifndef DIPKIT_OPENFX_DISK_H
#define DIPKIT_OPENFX_DISK_H
#include "worker.h"

#define KEY_BYTES 32
#define DISK_PATH_SIZE 4096

typedef struct DiskEntry {
  const Engine *engine;
  const DipInputs *inputs;
  char path[DISK_PATH_SIZE]; // empty: not kept
  int lock;                  // a file, or -1
  int is_found;
} DiskEntry;

void disk_describe(DiskEntry *entry, const Engine *engine, const DipInputs *inputs, const uint8_t key[KEY_BYTES]);
int disk_has(const DiskEntry *entry);

// Prepares a worker's store: it gives the frame, if that is there, else the right to be the only process that restores
// it.
DipSession *disk_enter(void *entry, Worker *worker);
void disk_leave(void *entry, DipSession *session, DipStatus status);

void disk_clear(void);

// The size that a variable of the environment gives in MiB, in bytes.
uint64_t cache_limit(const char *variable, uint64_t default_mebibytes);

#endif
