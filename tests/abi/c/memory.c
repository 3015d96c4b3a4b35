// Hosts with little memory: it is told, whenever it happens, and never ends them.
#define _GNU_SOURCE
#include "fixture.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define MIB (1024.0 * 1024)
#define WIDTH 200
#define HEIGHT 120

static unsigned char pixels[WIDTH * HEIGHT * 3], mask_pixels[WIDTH * HEIGHT], seen[WIDTH * HEIGHT * 3 * 4];
static float part[9 * 7 * 3];

// A picture of any size in a few bytes: all strides are 1, so that rows lie upon each other.
static DipImage folded(uint32_t width, uint32_t height, uint32_t channels) {
  DipImage image = packed(width, height, channels, DIP_SAMPLE_U8);
  image.channel_stride = image.pixel_stride = image.row_stride = 1;
  return image;
}

static double processor_seconds(void) {
  return (double)clock() / CLOCKS_PER_SEC;
}

static double peak_bytes(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss * 1024.0;
}

// The text names who allows how much, and both numbers.
static void check_text(const char *who) {
  unsigned long long needed = 0, allowed = 0;
  const char *but = strstr(dip_last_error(), "but ");
  CHECK(sscanf(dip_last_error(), "needs %llu bytes", &needed) == 1 && but != NULL && strstr(but, who) != NULL);
  CHECK(sscanf(strstr(but, " allows "), " allows %llu bytes", &allowed) == 1 && needed > allowed);
}

static void a_size_alone_is_refused_at_once(void) {
  static const struct {
    uint32_t width, height;
    uint64_t limit;
    const char *who;
  } cases[] = {
      {1 << 20, 1 << 20, 1 << 30, "memory_limit"},
      {1 << 20, 1 << 20, 0, ""}, // no machine has 32 TiB
      {4096, 4096, 100 << 20, "memory_limit"},
      {8192, 8192, 100 << 20, "memory_limit"},
      {10000, 9999, 500 << 20, "memory_limit"},
  };
  size_t i;
  memset(pixels, 77, sizeof pixels); // no noise
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    static unsigned char span[(1 << 21) + 2];
    const DipImage image = folded(cases[i].width, cases[i].height, 3);
    const DipInputs inputs = inputs_of(&image, span);
    DipOptions options;
    DipSession *session = NULL;
    uint64_t bytes = 0;
    const double peak = peak_bytes(), seconds = processor_seconds();
    OK(dip_options_init(&options, sizeof options, DIP_TASK_DENOISE, DIP_QUALITY_BALANCED));
    options.memory_limit = cases[i].limit;
    CHECK(dip_create(&options, &inputs, &session) == DIP_ERROR_OUT_OF_MEMORY && session == NULL);
    check_text(cases[i].who);
    OK(dip_estimate_memory(&options, &inputs, &bytes));
    CHECK(bytes > cases[i].limit && bytes > 16.0 * image.width * image.height);
    CHECK(processor_seconds() - seconds < 0.1 && peak_bytes() - peak < 8 * MIB);
  }
}

static double address_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  CHECK(file != NULL && fscanf(file, "%lu", &pages) == 1);
  fclose(file);
  return (double)pages * sysconf(_SC_PAGESIZE);
}

// From now on the process has so many addresses more.
static void leave(double bytes) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)(address_bytes() + bytes);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static int is_told(DipStatus status) {
  CHECK(status == DIP_OK || status == DIP_ERROR_OUT_OF_MEMORY);
  if (status != DIP_OK)
    check_text("");
  return status != DIP_OK;
}

static DipOptions options_of(DipTask task, int is_small) {
  DipOptions options;
  if (is_small)
    return tiny(task);
  OK(dip_options_init(&options, sizeof options, task, DIP_QUALITY_BALANCED));
  set(&options, "iterations", "2");
  set(&options, "factor", "2");
  set(&options, "runs", "1");
  set(&options, "threads", "2");
  return options;
}

// A session in *session, or only its estimate where that is NULL.
static DipStatus create(const DipOptions *options, uint32_t width, uint32_t height, DipSession **session) {
  uint64_t bytes;
  const DipImage image = packed(width, height, 3, DIP_SAMPLE_U8), mask = packed(width, height, 1, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, pixels);
  if (options->task == DIP_TASK_INPAINT) {
    inputs.mask = &mask;
    inputs.mask_pixels = mask_pixels;
  }
  return session ? dip_create(options, &inputs, session) : dip_estimate_memory(options, &inputs, &bytes);
}

// The whole, and a part made smaller.
static void look(DipSession *session) {
  DipImage image = packed(0, 0, 3, DIP_SAMPLE_U8), small = packed(9, 7, 3, DIP_SAMPLE_F32);
  OK(dip_get_size(session, &image.width, &image.height));
  is_told(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, seen));
  is_told(dip_get_preview_region(session, DIP_OUTPUT_AVERAGE, 1, 2, image.width - 1, image.height - 2, &small, part));
}

// To the end, or to where there is no room.
static void use(const DipOptions *options, uint32_t width, uint32_t height) {
  DipSession *session = NULL;
  DipMetrics metrics = no_metrics();
  is_told(create(options, width, height, NULL));
  if (is_told(create(options, width, height, &session)))
    return;
  while (metrics.state == DIP_STATE_RUNNING)
    if (is_told(dip_step(session, 1, &metrics)))
      break;
  look(session);
  dip_destroy(session);
}

// A process that is to end well.
static void in_child(void (*run)(const DipOptions *, double), const DipOptions *options, double room) {
  const pid_t child = fork();
  int status = 1;
  CHECK(child >= 0);
  if (child == 0) {
    alarm(SECONDS_A_CHECK);
    run(options, room);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child);
  if (status != 0)
    fprintf(stderr, "task %u, threads %u, room %.0f: status %x\n", options->task, options->threads, room, status);
  CHECK(status == 0);
}

// MiB: below what a copy, measuring, the plan and threads take, and above.
static const double rooms[] = {0, 0.25, 4, 6, 16, 66, 80, 100, 130, 200};

#define ROOMS (sizeof rooms / sizeof *rooms)

// Each task with a small network, and one with its usual one.
#define KINDS 5

static DipOptions kind(size_t i) {
  return options_of(i < 4 ? (DipTask)i : DIP_TASK_DENOISE, i < 4);
}

static void everything_in(const DipOptions *options, double room) {
  leave(room);
  use(options, WIDTH, HEIGHT);
  use(options, 31, 17);
}

static void no_room_at_create_is_told(void) {
  size_t i, room;
  paint(pixels, sizeof pixels);
  paint_mask(mask_pixels, WIDTH, HEIGHT);
  for (i = 0; i < KINDS; i++)
    for (room = 0; room < ROOMS; room++) {
      const DipOptions options = kind(i);
      in_child(everything_in, &options, rooms[room] * MIB);
    }
}

// Without room for the next tile, or for what is shown; with room it goes on as if nothing had been.
static void steps_in(const DipOptions *options, double room) {
  static unsigned char usual[sizeof seen];
  DipSession *session = NULL;
  DipMetrics metrics = no_metrics();
  int step;
  OK(create(options, WIDTH, HEIGHT, &session));
  metrics = finish(session);
  CHECK(metrics.jobs_total > 1);
  preview(session, DIP_OUTPUT_RESULT, usual);
  dip_destroy(session);
  OK(create(options, WIDTH, HEIGHT, &session));
  OK(dip_step(session, 0, NULL)); // it is measured while there is room
  leave(room);
  metrics = no_metrics();
  for (step = 0; step < 40 && metrics.state == DIP_STATE_RUNNING; step++) {
    is_told(dip_step(session, 1, &metrics));
    look(session);
  }
  leave(-1);
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(usual, seen, sizeof seen) == 0);
  dip_destroy(session);
}

static void no_room_at_step_is_told(void) {
  size_t i, room;
  paint(pixels, sizeof pixels);
  paint_mask(mask_pixels, WIDTH, HEIGHT);
  for (i = 0; i < KINDS; i++)
    for (room = 0; rooms[room] <= 16; room++) {
      DipOptions options = kind(i);
      set(&options, "tile_size", "128");
      set(&options, "iterations", "1");
      in_child(steps_in, &options, rooms[room] * MIB);
    }
}

// What is saved is copied where that can fail; with room it is saved, and the work goes on.
static void saves_in(const DipOptions *options, double room) {
  char path[] = "/tmp/dipkit-memory-XXXXXX";
  const int file = mkstemp(path);
  DipSession *session = NULL;
  CHECK(file >= 0 && close(file) == 0);
  OK(create(options, WIDTH, HEIGHT, &session));
  OK(dip_step(session, 2, NULL));
  leave(room);
  is_told(dip_save(session, path));
  leave(-1);
  OK(dip_save(session, path));
  OK(dip_step(session, 1, NULL));
  dip_destroy(session);
  CHECK(remove(path) == 0);
}

static void no_room_at_save_is_told(void) {
  size_t i, room;
  paint(pixels, sizeof pixels);
  paint_mask(mask_pixels, WIDTH, HEIGHT);
  for (i = 0; i < KINDS; i++)
    for (room = 0; rooms[room] <= 16; room++) {
      const DipOptions options = kind(i);
      in_child(saves_in, &options, rooms[room] * MIB);
    }
}

static void run_in(const DipOptions *options, double room) {
  DipSession *session = NULL;
  leave(room);
  OK(create(options, WIDTH, HEIGHT, &session));
  finish(session);
  dip_destroy(session);
}

// As many as there is room for: the result does not depend on it.
static void more_threads_than_room_are_fewer(void) {
  DipOptions options = options_of(DIP_TASK_DENOISE, 0);
  paint(pixels, sizeof pixels);
  options.threads = 1024;
  in_child(run_in, &options, 512 * MIB);
}

static void run_with_few_processes(const DipOptions *options, double processes) {
  struct rlimit limit = {(rlim_t)processes, (rlim_t)processes};
  DipSession *session = NULL;
  if (setuid(65533) != 0) // limits are not root's, and nobody else's processes count
    return;
  CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
  OK(create(options, WIDTH, HEIGHT, &session));
  finish(session);
  dip_destroy(session);
  limit.rlim_cur = 0;
  CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
  OK(create(options, WIDTH, HEIGHT, &session));
  CHECK(dip_step(session, 1, NULL) == DIP_ERROR_UNSUPPORTED);
  SAYS("limit on processes");
  dip_destroy(session);
}

static void more_threads_than_allowed_are_fewer(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  paint(pixels, sizeof pixels);
  options.threads = 64;
  in_child(run_with_few_processes, &options, 4);
}

MAIN(NAMED(a_size_alone_is_refused_at_once), NAMED(no_room_at_create_is_told), NAMED(no_room_at_step_is_told),
     NAMED(no_room_at_save_is_told), NAMED(more_threads_than_room_are_fewer),
     NAMED(more_threads_than_allowed_are_fewer))
