// A soak: sessions of random sizes, tasks, types and threads are created, stepped, looked at, cancelled, saved, loaded and
// destroyed for as long as is asked for. Between sessions memory, mappings, threads and open files are counted; they must
// be as many at the end as at the beginning.
//
//   cc -O1 -Iinclude tests/benches/soak.c -o target/soak -Ltarget/release -ldipkit -lm -lpthread
//   export LD_LIBRARY_PATH=target/release
//   target/soak SECONDSs|SESSIONS [SEED]   # an hour: nice -n 19 target/soak 3600s
//
// It prints a line a minute, and what changed at the end. Its files lie in the folder of TMPDIR, or /tmp.
#include <dipkit.h>

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_SIDE 96
#define MOST_BYTES (MOST_SIDE * MOST_SIDE * 4 * 4 * 16)
#define QUARTERS 4
#define SLACK_KIB 2048     // what an allocator's mood may be
#define SLACK_BYTES 131072 // live; what is made once, by a path that is taken late

#define CHECK(condition)                                                                                      \
  do {                                                                                                        \
    if (!(condition)) {                                                                                       \
      fprintf(stderr, "soak.c:%d: %s (last error: %s)\n", __LINE__, #condition, dip_last_error());            \
      exit(1);                                                                                                \
    }                                                                                                         \
  } while (0)

// What is counted between two sessions.
typedef struct Counts {
  double memory_kib, live_bytes, mappings, threads, files; // live: what was allocated and not freed
} Counts;

static unsigned char *pixels, *mask_pixels, *seen;
static uint64_t random_state;
static char path[256];
static unsigned long sessions, loads, cancels, refused;

static uint32_t below(uint32_t count) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 16) % count;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double entries(const char *folder) {
  DIR *listed = opendir(folder);
  double count = 0;
  CHECK(listed != NULL);
  while (readdir(listed) != NULL)
    count++;
  closedir(listed);
  return count;
}

static double mappings(void) {
  FILE *file = fopen("/proc/self/maps", "r");
  double lines = 0;
  int letter;
  CHECK(file != NULL);
  while ((letter = getc(file)) != EOF)
    lines += letter == '\n';
  fclose(file);
  return lines;
}

static double resident_kib(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  CHECK(file != NULL && fscanf(file, "%*u %lu", &pages) == 1);
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

// Threads that have ended may be listed for a moment more.
static Counts count(double threads) {
  const struct timespec pause = {.tv_nsec = 2000000};
  Counts counts;
  int i;
  for (i = 0; i < 1000 && entries("/proc/self/task") > threads; i++)
    nanosleep(&pause, NULL);
  malloc_trim(0);
  counts.live_bytes = (double)mallinfo2().uordblks;
  counts.memory_kib = resident_kib();
  counts.mappings = mappings();
  counts.threads = entries("/proc/self/task");
  counts.files = entries("/proc/self/fd");
  return counts;
}

static void set(DipOptions *options, const char *name, uint32_t value) {
  char text[16];
  snprintf(text, sizeof text, "%u", value);
  CHECK(dip_options_set(options, name, text) == DIP_OK);
}

static DipOptions random_options(void) {
  DipOptions options;
  CHECK(dip_options_init(&options, sizeof options, below(4), 1 + below(2)) == DIP_OK);
  set(&options, "iterations", 1 + below(40));
  set(&options, "channels", 2 + 2 * below(6));
  set(&options, "channels_deepest", 16);
  set(&options, "scales", 1 + below(3));
  set(&options, "input_depth", 2 + below(6));
  set(&options, "threads", 1 + below(4));
  set(&options, "seed", below(1000));
  if (below(3) == 0)
    set(&options, "runs", 2);
  if (below(4) == 0)
    set(&options, "tile_size", 64);
  if (options.task == DIP_TASK_SUPER_RESOLVE)
    set(&options, "factor", 2 + below(2));
  return options;
}

static DipImage random_image(uint32_t width, uint32_t height) {
  DipImage image = {.width = width, .height = height, .channels = 1 + below(4), .sample = below(4)};
  image.transfer = below(4) == 0;
  return image;
}

static void paint(const DipImage *image) {
  const size_t count = (size_t)image->width * image->height * image->channels;
  const double wave = 0.01 + below(100) * 0.002;
  size_t i;
  for (i = 0; i < count; i++) {
    const double value = 0.5 + 0.35 * sin(wave * (double)i) + below(100) * 0.001;
    const float number = (float)value;
    const uint16_t word = (uint16_t)(image->sample == DIP_SAMPLE_F16 ? 0x3000 + below(0x800) : value * 65535);
    if (image->sample == DIP_SAMPLE_U8)
      pixels[i] = (unsigned char)(value * 255);
    else if (image->sample == DIP_SAMPLE_F32)
      memcpy(pixels + 4 * i, &number, 4);
    else
      memcpy(pixels + 2 * i, &word, 2);
  }
}

static void look(DipSession *session, const DipImage *given) {
  uint32_t width, height;
  DipImage image;
  CHECK(dip_get_size(session, &width, &height) == DIP_OK);
  image = random_image(width, height);
  if (given->channels > 2)
    image.channels = 3 + below(2); // colour does not become grey
  CHECK(dip_get_preview(session, below(4), &image, seen) == DIP_OK);
}

static void *cancel_soon(void *session) {
  const struct timespec pause = {.tv_nsec = 1000000L * (1 + (long)(now() * 1000) % 20)};
  nanosleep(&pause, NULL);
  dip_cancel(session);
  return NULL;
}

static DipStatus cancelled_step(DipSession *session, DipMetrics *metrics) {
  pthread_t thread;
  DipStatus status;
  CHECK(pthread_create(&thread, NULL, cancel_soon, session) == 0);
  status = dip_step(session, 100, metrics);
  CHECK(pthread_join(thread, NULL) == 0);
  cancels += status == DIP_CANCELLED;
  return status;
}

// Puts the session on disk and takes it up again.
static DipSession *reloaded(DipSession *session, const DipInputs *inputs) {
  DipSession *other = NULL;
  CHECK(dip_save(session, path) == DIP_OK);
  dip_destroy(session);
  CHECK(dip_load(path, inputs, &other) == DIP_OK);
  loads++;
  return other;
}

static void use(DipSession *session, const DipInputs *inputs) {
  DipMetrics metrics = {.struct_size = sizeof metrics};
  const uint32_t ends_early = below(6);
  while (metrics.state == DIP_STATE_RUNNING) {
    const uint32_t what = below(12);
    const DipStatus status = what == 0 ? cancelled_step(session, &metrics) : dip_step(session, 1 + below(20), &metrics);
    CHECK(status == DIP_OK || status == DIP_CANCELLED);
    look(session, inputs->image);
    if (what == 1)
      session = reloaded(session, inputs);
    if (what == 2)
      CHECK(dip_step(session, 1, (DipMetrics *)&(uint32_t){1}) == DIP_ERROR_INVALID_ARGUMENT);
    if (ends_early == 0 && what < 4)
      break;
  }
  dip_destroy(session);
}

static void run_one(void) {
  const DipOptions options = random_options();
  const DipImage image = random_image(1 + below(MOST_SIDE), 1 + below(MOST_SIDE));
  const DipImage mask = {.width = image.width, .height = image.height, .channels = 1};
  DipInputs inputs = {.struct_size = sizeof inputs, .image = &image, .pixels = pixels};
  DipSession *session = NULL;
  DipStatus status;
  size_t i;
  paint(&image);
  for (i = 0; i < (size_t)image.width * image.height; i++)
    mask_pixels[i] = below(8) == 0 ? 0 : 255;
  mask_pixels[0] = 255;
  if (options.task == DIP_TASK_INPAINT) {
    inputs.mask = &mask;
    inputs.mask_pixels = mask_pixels;
  }
  status = dip_create(&options, &inputs, &session);
  CHECK(status == DIP_OK || status == DIP_ERROR_INVALID_ARGUMENT);
  sessions += status == DIP_OK;
  refused += status != DIP_OK;
  if (status == DIP_OK)
    use(session, &inputs);
}

static void print(const char *what, double seconds, Counts counts) {
  printf("%s %6.0f s: %lu sessions, %lu loads, %lu cancels, %lu refused; ", what, seconds, sessions, loads, cancels,
         refused);
  printf("%.0f KiB, %.0f bytes live, %.0f mappings, %.0f threads, %.0f files\n", counts.memory_kib, counts.live_bytes,
         counts.mappings, counts.threads - 2, counts.files - 3);
  fflush(stdout);
}

static void add(Counts *sum, Counts more) {
  sum->memory_kib += more.memory_kib;
  sum->live_bytes += more.live_bytes;
  sum->mappings += more.mappings;
}

// Runs so many seconds or so many sessions, and compares the last quarter with the second one.
static int soak(double seconds, double count_of_sessions) {
  Counts sums[QUARTERS] = {{0}}, counts = {0};
  double counted[QUARTERS] = {0}, next_line = 60, begin = now(), at = 0, done, grown_kib, more_live, more_mappings;
  const double threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
  while ((done = seconds > 0 ? at / seconds : (double)(sessions + refused) / count_of_sessions) < 1) {
    const int quarter = (int)(done * QUARTERS);
    run_one();
    at = now() - begin;
    counts = count(threads);
    CHECK(counts.threads == threads && counts.files == files);
    add(&sums[quarter], counts);
    counted[quarter]++;
    if (at >= next_line) {
      print("after", at, counts);
      next_line += 60;
    }
  }
  CHECK(counted[1] > 0 && counted[3] > 0);
  grown_kib = sums[3].memory_kib / counted[3] - sums[1].memory_kib / counted[1];
  more_live = sums[3].live_bytes / counted[3] - sums[1].live_bytes / counted[1];
  more_mappings = sums[3].mappings / counted[3] - sums[1].mappings / counted[1];
  print("ended", at, counts);
  printf("from the second to the last quarter: %+.0f KiB, %+.0f bytes live, %+.1f mappings\n", grown_kib, more_live,
         more_mappings);
  return grown_kib < SLACK_KIB && more_live < SLACK_BYTES && more_mappings < 8 ? 0 : 1;
}

int main(int argc, char **argv) {
  const char *folder = getenv("TMPDIR");
  double amount = 0;
  char unit = 0;
  int status;
  if (argc < 2 || sscanf(argv[1], "%lf%c", &amount, &unit) < 1 || amount <= 0) {
    fprintf(stderr, "usage: soak SECONDSs|SESSIONS [SEED]\n");
    return 2;
  }
  // glibc never gives back the top of an arena of other threads than the first, which would hide what is lost.
  CHECK(mallopt(M_ARENA_MAX, 1) == 1);
  snprintf(path, sizeof path, "%s/dipkit-soak-%ld", folder ? folder : "/tmp", (long)getpid());
  random_state = 88172645463325252u + (argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
  pixels = malloc(MOST_BYTES);
  mask_pixels = malloc(MOST_BYTES);
  seen = malloc(MOST_BYTES);
  CHECK(pixels != NULL && mask_pixels != NULL && seen != NULL);
  status = unit == 's' ? soak(amount, 0) : soak(0, amount);
  remove(path);
  return status;
}
