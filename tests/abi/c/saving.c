// Sessions on disk, and the keys of results.
#include "fixture.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define BYTES (SIDE * SIDE * 3)
#define KEY_BYTES 32
#define PATH "session.dipkit"

static unsigned char pixels[BYTES];
static DipImage image;
static DipInputs inputs;
static DipOptions options;

static char folder[] = "/tmp/dipkit-saving-XXXXXX";

static void remove_folder(void) {
  char command[sizeof folder + 16];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  CHECK(chdir("/") == 0 && system(command) == 0);
}

// In an empty folder of its own, which is the working folder then.
static void prepare(void) {
  CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0 && atexit(remove_folder) == 0);
  image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  paint(pixels, sizeof pixels);
  inputs = inputs_of(&image, pixels);
  options = tiny(DIP_TASK_DENOISE);
  set(&options, "iterations", "25");
  set(&options, "runs", "2");
}

static DipSession *created(void) {
  DipSession *session = NULL;
  OK(dip_create(&options, &inputs, &session));
  return session;
}

static DipSession *loaded(void) {
  DipSession *session = NULL;
  OK(dip_load(PATH, &inputs, &session));
  return session;
}

static void result_of(DipSession *session, unsigned char *result) {
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, result);
  dip_destroy(session);
}

static void a_saved_session_goes_on_to_the_same_bytes(void) {
  static const uint32_t moments[] = {0, 3, 10, 17, 30, 50};
  unsigned char wanted[BYTES], seen[BYTES];
  DipMetrics before = no_metrics(), after = no_metrics();
  size_t i;
  prepare();
  result_of(created(), wanted);
  for (i = 0; i < sizeof moments / sizeof *moments; i++) {
    DipSession *session = created();
    if (moments[i] > 0)
      OK(dip_step(session, moments[i], &before));
    OK(dip_get_metrics(session, &before));
    OK(dip_save(session, PATH));
    dip_destroy(session);
    session = loaded();
    OK(dip_get_metrics(session, &after));
    CHECK(after.iteration == moments[i] && after.state == before.state);
    CHECK(i == 0 || after.loss == before.loss);
    CHECK(after.jobs_done == before.jobs_done && after.memory_bytes > 0);
    result_of(session, seen);
    CHECK(memcmp(wanted, seen, BYTES) == 0);
  }
}

static void a_finished_session_is_its_result(void) {
  unsigned char wanted[BYTES], seen[BYTES];
  DipSession *session;
  DipMetrics before = no_metrics(), after = no_metrics();
  DipOptions resolved = {.struct_size = sizeof resolved};
  prepare();
  session = created();
  OK(dip_get_metrics(session, &before));
  finish(session);
  OK(dip_get_metrics(session, &after));
  CHECK(after.memory_bytes > 0 && after.memory_bytes < before.memory_bytes);
  OK(dip_save(session, PATH));
  preview(session, DIP_OUTPUT_RESULT, wanted);
  dip_destroy(session);
  session = loaded();
  OK(dip_get_metrics(session, &before));
  CHECK(before.state == DIP_STATE_FINISHED && before.progress == 1 && before.loss == after.loss);
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.iterations == 25 && resolved.tile_size != DIP_AUTO);
  OK(dip_step(session, 5, &after));
  CHECK(after.iteration == before.iteration);
  preview(session, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(wanted, seen, BYTES) == 0);
  OK(dip_set_strength(session, 0));
  preview(session, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(pixels, seen, BYTES) == 0);
  dip_destroy(session);
}

static void save_one(void) {
  DipSession *session = created();
  OK(dip_step(session, 5, NULL));
  OK(dip_save(session, PATH));
  dip_destroy(session);
}

static void other_inputs_are_told(void) {
  DipSession *session = (DipSession *)&options;
  prepare();
  save_one();
  pixels[7] ^= 1;
  INVALID(dip_load(PATH, &inputs, &session));
  SAYS("another image");
  CHECK(session == NULL);
  pixels[7] ^= 1;
  dip_destroy(loaded());
}

// Leaves `length` of the file's bytes, the one at `at` changed.
static void spoil(size_t length, size_t at) {
  static unsigned char bytes[1 << 20];
  FILE *file = fopen(PATH, "rb");
  size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  CHECK(count < sizeof bytes);
  if (at < count)
    bytes[at] ^= 64;
  file = fopen(PATH, "wb");
  fwrite(bytes, 1, length < count ? length : count, file);
  fclose(file);
}

static void no_session(void) {
  DipSession *session = (DipSession *)&options;
  CHECK(dip_load(PATH, &inputs, &session) == DIP_ERROR_IO);
  SAYS(PATH);
  CHECK(session == NULL);
}

static void files_that_are_no_session_are_told(void) {
  static const size_t lengths[] = {0, 7, 8, 100, 5000};
  struct stat whole;
  size_t i;
  prepare();
  no_session();
  for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    save_one();
    spoil(lengths[i], SIZE_MAX);
    no_session();
  }
  save_one();
  CHECK(stat(PATH, &whole) == 0);
  for (i = 0; i < 40; i++) { // header, head and buffers
    save_one();
    spoil(SIZE_MAX, (size_t)whole.st_size * i / 40);
    no_session();
  }
  save_one();
  dip_destroy(loaded());
}

static void a_file_that_cannot_be_written_leaves_the_old_one(void) {
  DipSession *session;
  prepare();
  save_one();
  session = created();
  CHECK(dip_save(session, "there/is/no/folder") == DIP_ERROR_IO);
  SAYS("there/is/no/folder");
  CHECK(mkdir("folder", 0700) == 0);
  CHECK(dip_save(session, "folder") == DIP_ERROR_IO); // cannot be replaced by a file
  CHECK(dip_save(session, "") == DIP_ERROR_IO);
  dip_destroy(session);
  dip_destroy(loaded());
  CHECK(rmdir("folder") == 0 && remove(PATH) == 0);
  CHECK(rmdir(folder) == 0); // nothing else is left
}

// Saves all the time.
static void save_for_ever(void) {
  DipSession *session = created();
  for (;;) {
    OK(dip_save(session, PATH));
    OK(dip_step(session, 1, NULL));
  }
}

static void a_killed_process_leaves_a_whole_file(void) {
  const struct timespec pause = {.tv_nsec = 1000000};
  struct stat file;
  int round, i;
  prepare();
  for (round = 0; round < 40; round++) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
      save_for_ever();
    while (stat(PATH, &file) != 0)
      nanosleep(&pause, NULL);
    for (i = 0; i < round % 10; i++)
      nanosleep(&pause, NULL);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    dip_destroy(loaded());
  }
  // What was half written had no name, or has one that the next writer removes.
  save_one();
  CHECK(remove(PATH) == 0 && rmdir(folder) == 0);
}

static void null_paths_and_keys_are_refused(void) {
  DipSession *session;
  unsigned char key[KEY_BYTES];
  prepare();
  session = created();
  INVALID(dip_save(session, NULL));
  SAYS("path is null");
  INVALID(dip_save(NULL, PATH));
  SAYS("session is null");
  INVALID(dip_load(NULL, &inputs, &session));
  SAYS("path is null");
  INVALID(dip_load(PATH, &inputs, NULL));
  SAYS("out_session is null");
  INVALID(dip_load(PATH, NULL, &session));
  SAYS("inputs is null");
  INVALID(dip_key(NULL, &inputs, key));
  SAYS("options is null");
  INVALID(dip_key(&options, NULL, key));
  SAYS("inputs is null");
  INVALID(dip_key(&options, &inputs, NULL));
  SAYS("out_key is null");
  options.iterations = 0;
  INVALID(dip_key(&options, &inputs, key));
  SAYS("iterations is 0");
}

static int same_key(const DipOptions *others, const DipInputs *other_inputs) {
  unsigned char own[KEY_BYTES], other[KEY_BYTES];
  OK(dip_key(&options, &inputs, own));
  OK(dip_key(others, other_inputs, other));
  return memcmp(own, other, KEY_BYTES) == 0;
}

static int changes_key(const char *name, const char *value) {
  DipOptions others = options;
  set(&others, name, value);
  return !same_key(&others, &inputs);
}

static void keys_tell_results_apart_and_nothing_else(void) {
  static const char *const apart[][2] = {{"seed", "1"},        {"quality", "fast"},  {"iterations", "26"},
                                         {"runs", "1"},        {"tile_size", "128"}, {"noise_level", "3"},
                                         {"channels", "auto"}, {"memory_limit", "1000000"}};
  static const char *const same[][2] = {{"strength", "0.5"}, {"threads", "3"},    {"time_limit", "9"},
                                        {"factor", "3"},     {"hole", "region"}, {"downsample", "box"}};
  float floats[BYTES];
  DipImage linear, as_float;
  DipInputs other;
  size_t i;
  prepare();
  for (i = 0; i < sizeof apart / sizeof *apart; i++)
    CHECK(changes_key(apart[i][0], apart[i][1]));
  for (i = 0; i < sizeof same / sizeof *same; i++)
    CHECK(!changes_key(same[i][0], same[i][1]));
  // The same samples elsewhere, planar and from the last row on.
  for (i = 0; i < BYTES; i++)
    floats[(i % 3 * SIDE + (SIDE - 1 - i / 3 / SIDE)) * SIDE + i / 3 % SIDE] = (float)pixels[i] / 255;
  as_float = packed(SIDE, SIDE, 3, DIP_SAMPLE_F32);
  as_float.channel_stride = (ptrdiff_t)sizeof *floats * SIDE * SIDE;
  as_float.pixel_stride = sizeof *floats;
  as_float.row_stride = -(ptrdiff_t)sizeof *floats * SIDE;
  other = inputs_of(&as_float, floats + (SIDE - 1) * SIDE);
  CHECK(same_key(&options, &other));
  floats[5] += 1e-6f;
  CHECK(!same_key(&options, &other));
  linear = image;
  linear.transfer = DIP_TRANSFER_LINEAR;
  other = inputs_of(&linear, pixels);
  CHECK(!same_key(&options, &other));
  other = inputs_of(&image, pixels);
  other.guide = &image;
  other.guide_pixels = pixels;
  CHECK(!same_key(&options, &other));
}

MAIN(NAMED(a_saved_session_goes_on_to_the_same_bytes), NAMED(a_finished_session_is_its_result),
     NAMED(other_inputs_are_told), NAMED(files_that_are_no_session_are_told),
     NAMED(a_file_that_cannot_be_written_leaves_the_old_one), NAMED(a_killed_process_leaves_a_whole_file), NAMED(null_paths_and_keys_are_refused),
     NAMED(keys_tell_results_apart_and_nothing_else))
