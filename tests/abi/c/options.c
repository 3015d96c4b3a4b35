// Options, their table, and structs of other sizes.
#include "fixture.h"
#include <locale.h>

static void init_leaves_the_preset_to_decide(void) {
  DipOptions options;
  memset(&options, 0xAB, sizeof options);
  OK(dip_options_init(&options, sizeof options, DIP_TASK_INPAINT, DIP_QUALITY_FAST));
  CHECK(options.struct_size == sizeof options);
  CHECK(options.task == DIP_TASK_INPAINT && options.quality == DIP_QUALITY_FAST);
  CHECK(options.device == DIP_DEVICE_AUTO && options.device_index == 0);
  CHECK(options.factor == DIP_AUTO && options.runs == DIP_AUTO);
  CHECK(options.reserved == 0 && options.memory_limit == 0 && options.time_limit == 0);
  CHECK(isnan(options.strength) && isnan(options.held_out));
}

static void init_writes_no_further_than_told(void) {
  struct {
    DipOptions options;
    unsigned char behind[64];
  } larger;
  memset(&larger, 0xAB, sizeof larger);
  OK(dip_options_init(&larger.options, sizeof larger, DIP_TASK_DENOISE, DIP_QUALITY_FAST));
  CHECK(larger.options.struct_size == sizeof larger.options);
  CHECK(larger.behind[0] == 0xAB && larger.behind[63] == 0xAB);
  memset(&larger, 0xAB, sizeof larger);
  INVALID(dip_options_init(&larger.options, sizeof larger.options - 1, DIP_TASK_DENOISE, DIP_QUALITY_FAST));
  SAYS("size_of_options is 135, must be at least 136");
  INVALID(dip_options_init(&larger.options, 0, DIP_TASK_DENOISE, DIP_QUALITY_FAST));
  CHECK(larger.options.struct_size == 0xABABABABu);
}

static void larger_structs_of_newer_programs_are_taken(void) {
  struct {
    DipOptions options;
    unsigned char behind[64];
  } larger = {.options = tiny(DIP_TASK_DENOISE)};
  DipOptionInfo info[2];
  double value = 0;
  memset(larger.behind, 0xAB, sizeof larger.behind);
  larger.options.struct_size = sizeof larger;
  set(&larger.options, "seed", "7");
  CHECK(larger.options.struct_size == sizeof larger && larger.options.seed == 7 && larger.behind[0] == 0xAB);
  OK(dip_options_get(&larger.options, "seed", &value));
  CHECK(value == 7);
  memset(info, 0xAB, sizeof info);
  info[0].struct_size = sizeof info;
  OK(dip_option_info(0, DIP_TASK_DENOISE, DIP_QUALITY_FAST, info));
  CHECK(info[0].struct_size == sizeof info && info[1].struct_size == 0xABABABABu);
}

static void smaller_structs_than_the_first_release_are_refused(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipOptionInfo info = {.struct_size = 0};
  double value = 0;
  options.struct_size = 0;
  INVALID(dip_options_set(&options, "seed", "7"));
  SAYS("options.struct_size is 0, must be at least 136");
  options.struct_size = sizeof options - 8;
  INVALID(dip_options_get(&options, "seed", &value));
  SAYS("options.struct_size is 128");
  INVALID(dip_option_info(0, DIP_TASK_DENOISE, DIP_QUALITY_FAST, &info));
  SAYS("out_info.struct_size is 0, must be at least 72");
}

static void sessions_keep_to_the_size_of_their_structs(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = session_with(&options);
  struct {
    DipMetrics metrics;
    unsigned char behind[16];
  } larger;
  memset(&larger, 0xAB, sizeof larger);
  larger.metrics.struct_size = sizeof larger;
  OK(dip_step(session, 1, &larger.metrics));
  CHECK(larger.metrics.iteration == 1 && larger.metrics.struct_size == sizeof larger && larger.behind[0] == 0xAB);
  larger.metrics.struct_size = offsetof(DipMetrics, memory_bytes); // as in the first release
  larger.metrics.memory_bytes = 7;
  OK(dip_get_metrics(session, &larger.metrics));
  CHECK(larger.metrics.memory_bytes == 7);
  larger.metrics.struct_size -= 1;
  INVALID(dip_step(session, 1, &larger.metrics));
  SAYS("out_metrics.struct_size is 103, must be at least 104");
  INVALID(dip_get_metrics(session, &larger.metrics));
  larger.metrics.struct_size = sizeof larger.metrics;
  OK(dip_get_metrics(session, &larger.metrics));
  CHECK(larger.metrics.iteration == 1); // the refused step did no work
  options.struct_size = 0;
  INVALID(dip_get_options(session, &options));
  SAYS("out_options.struct_size is 0");
  dip_destroy(session);
}

static void set_takes_words_and_refuses_typos(void) {
  DipOptions options = tiny(DIP_TASK_SUPER_RESOLVE);
  double value = 0;
  set(&options, "downsample", "box");
  CHECK(options.downsample == DIP_DOWNSAMPLE_BOX);
  set(&options, "downsample", "auto");
  CHECK(options.downsample == DIP_AUTO);
  OK(dip_options_get(&options, "downsample", &value));
  CHECK(isnan(value));
  set(&options, "learning-rate", "0.5");
  CHECK(options.learning_rate == 0.5f);
  set(&options, "memory_limit", "5000000000");
  CHECK(options.memory_limit == 5000000000u);
  INVALID(dip_options_set(&options, "learning_rat", "0.5"));
  SAYS("the nearest is \"learning_rate\"");
  INVALID(dip_options_set(&options, "factor", "9"));
  SAYS("factor is 9, must be 2 to 8");
  INVALID(dip_options_set(&options, "factor", "2.5"));
  INVALID(dip_options_set(&options, "factor", ""));
  INVALID(dip_options_set(&options, "strength", "nan"));
  CHECK(options.factor == 2);
}

static void table_lists_every_option(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipOptionInfo info = {.struct_size = sizeof info};
  uint32_t index = 0;
  for (; dip_option_info(index, DIP_TASK_DENOISE, DIP_QUALITY_REFERENCE, &info) == DIP_OK; index++) {
    double value = 0;
    OK(dip_options_get(&options, info.name, &value));
    CHECK(info.kind <= DIP_KIND_CHOICE && info.minimum <= info.maximum);
    CHECK(isnan(info.default_value) || (info.default_value >= info.minimum && info.default_value <= info.maximum));
    CHECK(strlen(info.label) > 0 && strlen(info.hint) > 0 && info.unit != NULL);
    CHECK((info.kind == DIP_KIND_CHOICE) == (strlen(info.choices) > 0));
    if (strcmp(info.name, "factor") == 0)
      CHECK(info.tasks == 1U << DIP_TASK_SUPER_RESOLVE);
    else if (strcmp(info.name, "hole") == 0)
      CHECK(info.tasks == 1U << DIP_TASK_INPAINT);
    else if (strcmp(info.name, "seed") == 0)
      CHECK(info.tasks == (1U << (DIP_TASK_INPAINT + 1)) - 1);
  }
  INVALID(dip_option_info(index, DIP_TASK_DENOISE, DIP_QUALITY_REFERENCE, &info));
  SAYS("index is 31, there are 31 options");
  // Every field but struct_size and reserved.
  CHECK(index == 31);
  INVALID(dip_option_info(UINT32_MAX, DIP_TASK_DENOISE, DIP_QUALITY_REFERENCE, &info));
}

static void table_knows_the_presets(void) {
  DipOptionInfo info = {.struct_size = sizeof info};
  const char *name = NULL;
  uint32_t index = 0;
  do
    OK(dip_option_info(index++, DIP_TASK_SUPER_RESOLVE, DIP_QUALITY_REFERENCE, &info));
  while (strcmp(info.name, "iterations") != 0);
  CHECK(info.default_value == 2000 && info.kind == DIP_KIND_INTEGER && info.minimum == 1);
  name = info.name;
  OK(dip_option_info(index - 1, DIP_TASK_DEJPEG, DIP_QUALITY_REFERENCE, &info));
  CHECK(info.default_value == 2400 && info.name == name); // the text is made once
}

static void session_tells_resolved_options(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE), resolved = {.struct_size = sizeof resolved};
  DipSession *session = session_with(&options);
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.optimizer == DIP_AUTO && resolved.iterations == 4); // the first step resolves them
  OK(dip_step(session, 0, NULL));
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.struct_size == sizeof resolved);
  CHECK(resolved.iterations == 4 && resolved.channels == 4 && resolved.input == DIP_INPUT_NOISE);
  CHECK(resolved.optimizer == DIP_OPTIMIZER_MUON && resolved.runs == 1 && resolved.tile_size != DIP_AUTO);
  CHECK(resolved.strength == 1 && resolved.learning_rate == 0.01f && resolved.average_weight == 0.99f);
  // There is nothing to say of these.
  CHECK(resolved.hole == DIP_AUTO && isnan(resolved.noise_level));
  dip_destroy(session);
  options = tiny(DIP_TASK_INPAINT);
  session = session_with(&options);
  OK(dip_step(session, 0, NULL));
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.hole == DIP_HOLE_TEXT && isnan(resolved.noise_level));
  dip_destroy(session);
}

// Some are kept as floats, a little below the double that the table has.
static void sessions_take_the_ends_of_every_range(void) {
  DipOptionInfo info = {.struct_size = sizeof info};
  uint32_t i;
  for (i = 0; dip_option_info(i, DIP_TASK_DENOISE, DIP_QUALITY_BALANCED, &info) == DIP_OK; i++) {
    const double ends[] = {info.minimum, info.maximum};
    size_t end;
    for (end = 0; end < 2 && info.kind == DIP_KIND_FLOAT; end++) {
      DipOptions options = tiny(DIP_TASK_DENOISE);
      char text[64];
      double value;
      sprintf(text, "%.17g", ends[end]);
      if (strcmp(info.name, "recorruption") == 0 || strcmp(info.name, "held_out") == 0) {
        set(&options, "input", "picture"); // which both are for
        set(&options, "noise_level", "10");
      }
      set(&options, info.name, text);
      OK(dip_options_get(&options, info.name, &value));
      CHECK(value == (float)ends[end]);
      sprintf(text, "%.17g", value);
      set(&options, info.name, text);
      set(&options, "iterations", "1");
      dip_destroy(session_with(&options));
    }
  }
}

// The test sets LC_ALL and LOCPATH; a decimal comma is a fact of that locale.
static void decimal_point_does_not_follow_the_locale(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  char number[16], before[64];
  CHECK(setlocale(LC_ALL, "") != NULL);
  strcpy(before, setlocale(LC_ALL, NULL));
  sprintf(number, "%.1f", 0.5);
  CHECK(strcmp(number, "0,5") == 0);
  set(&options, "strength", "0.5");
  CHECK(options.strength == 0.5f);
  INVALID(dip_options_set(&options, "strength", "0,5"));
  set(&options, "input", "picture"); // with an i, which Turkish capitals change
  CHECK(options.input == DIP_INPUT_PICTURE);
  set(&options, "input", "noise");
  options.strength = NAN;
  DipSession *session = session_with(&options);
  finish(session);
  dip_destroy(session);
  CHECK(strcmp(setlocale(LC_ALL, NULL), before) == 0);
}

static void library_says_what_it_is(void) {
  CHECK(dip_abi_version() == DIP_ABI_VERSION);
  CHECK(strchr(dip_version_string(), '.') != NULL);
  CHECK(strcmp(dip_status_string(DIP_OK), "ok") == 0);
  CHECK(strcmp(dip_status_string(DIP_ERROR_DIVERGED), "diverged") == 0);
  CHECK(dip_device_is_available(DIP_DEVICE_CPU, 0) == 1);
  CHECK(dip_device_is_available(DIP_DEVICE_AUTO, 0) == 1);
  CHECK(strlen(dip_device_description(DIP_DEVICE_CPU, 0)) > 0);
  CHECK(dip_device_description(DIP_DEVICE_CPU, 0) == dip_device_description(DIP_DEVICE_CPU, 0));
  if (!dip_device_is_available(DIP_DEVICE_CUDA, 0))
    CHECK(strlen(dip_device_description(DIP_DEVICE_CUDA, 0)) > 0);
}

MAIN(NAMED(init_leaves_the_preset_to_decide), NAMED(init_writes_no_further_than_told),
     NAMED(larger_structs_of_newer_programs_are_taken), NAMED(smaller_structs_than_the_first_release_are_refused),
     NAMED(sessions_keep_to_the_size_of_their_structs), NAMED(set_takes_words_and_refuses_typos),
     NAMED(table_lists_every_option), NAMED(table_knows_the_presets), NAMED(session_tells_resolved_options),
     NAMED(sessions_take_the_ends_of_every_range),
     NAMED(decimal_point_does_not_follow_the_locale), NAMED(library_says_what_it_is))
