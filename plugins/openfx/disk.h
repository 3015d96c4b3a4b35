// Restored frames on disk, a file a key: written beside their place and moved there, read back only if whole, and the
// oldest removed where there are too many. Nothing here can fail a render: without a folder there is no cache.
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

// As a worker's store: the frame, if it is there, else the right to be the only process that restores it.
DipSession *disk_enter(void *entry, Worker *worker);
void disk_leave(void *entry, DipSession *session, DipStatus status);

void disk_clear(void);

// Of a variable in MiB, in bytes.
uint64_t cache_limit(const char *variable, uint64_t default_mebibytes);

#endif
