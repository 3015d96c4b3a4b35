//! Each named check of the C programs is a test, in a process of its own.

use crate::toolchain::{Link, program, succeed, succeed_silently};
use std::process::Command;

/// A module for each program, a test for each check, and one that no check is left out.
macro_rules! checks {
    ($($program:ident: $($check:ident)+;)+) => {
        $(mod $program {
            const SOURCE: &str = concat!("tests/abi/c/", stringify!($program), ".c");

            #[test]
            fn every_check_is_a_test() {
                super::every_check_is_listed(SOURCE, &[$(stringify!($check)),+]);
            }

            $(#[test]
            fn $check() {
                super::run(SOURCE, stringify!($check));
            })+
        })+
    };
}

checks! {
    arguments:
        null_options_are_refused
        null_inputs_are_refused
        one_stride_0_is_refused
        half_a_mask_or_guide_is_refused
        null_sessions_are_refused
        null_results_are_refused
        unknown_constants_are_refused
        options_out_of_range_are_refused
        images_out_of_range_are_refused
        previews_of_other_sizes_are_refused
        strength_outside_is_refused
        strange_handles_are_told
        use_after_destroy_is_told
        texts_are_kept_by_thread_until_the_next_failure;
    options:
        init_leaves_the_preset_to_decide
        init_writes_no_further_than_told
        larger_structs_of_newer_programs_are_taken
        smaller_structs_than_the_first_release_are_refused
        sessions_keep_to_the_size_of_their_structs
        set_takes_words_and_refuses_typos
        table_lists_every_option
        table_knows_the_presets
        session_tells_resolved_options
        sessions_take_the_ends_of_every_range
        library_says_what_it_is;
    lifecycle:
        every_task_goes_from_start_to_end
        empty_steps_and_steps_behind_the_end_do_nothing
        preview_before_the_first_step_is_the_input
        size_is_the_input_times_factor
        strength_blends_at_any_time
        grouping_of_steps_leaves_the_same_bytes
        threads_do_not_change_the_result
        time_limit_ends_the_work
        a_guide_is_taken
        a_region_is_the_part_of_the_whole
        a_device_that_is_not_there_is_unsupported runs_are_jobs;
    layouts:
        every_layout_gives_the_bytes_of_packed
        masks_take_every_layout
        premultiplied_comes_back_within_one_step
        samples_beyond_the_nominal_range_survive
        grey_spreads_and_alpha_appears_opaque;
    saving:
        a_saved_session_goes_on_to_the_same_bytes
        a_finished_session_is_its_result
        other_inputs_are_told
        files_that_are_no_session_are_told
        a_file_that_cannot_be_written_leaves_the_old_one
        a_killed_process_leaves_a_whole_file
        null_paths_and_keys_are_refused
        keys_tell_results_apart_and_nothing_else;
    threads:
        cancel_before_a_step_ends_it_once
        cancel_ends_a_running_step
        cancel_behind_the_end_does_no_harm
        a_cancelled_step_leaves_no_trace
        nothing_but_a_step_waits_for_a_step
        steps_of_one_session_wait_for_each_other
        two_sessions_do_not_disturb_each_other
        texts_belong_to_their_thread
        a_session_ends_its_threads
        the_process_may_end_while_a_step_runs;
    hostile:
        every_task_takes_every_size
        alpha_is_carried_not_fitted
        strange_samples_give_a_finite_picture
        constant_pictures_are_taken
        masks_may_keep_all_or_one_pixel_but_not_none
        observed_samples_are_bit_identical
        a_part_has_the_bits_of_the_whole
        a_huge_learning_rate_is_told_and_leaves_a_picture
        memory_limit_refuses_before_the_work
        a_forked_child_makes_its_own_session
        floating_point_state_stays
        numbers_of_a_strange_host_are_its_own
        signals_folder_and_environment_stay;
    memory:
        a_size_alone_is_refused_at_once
        no_room_at_create_is_told
        no_room_at_step_is_told
        no_room_at_save_is_told
        more_threads_than_room_are_fewer
        more_threads_than_allowed_are_fewer;
}

/// Run in a locale of its own, by `locale.rs`.
const ELSEWHERE: &str = "decimal_point_does_not_follow_the_locale";

#[test]
fn library_survives_being_closed() {
    succeed_silently(&mut Command::new(program("tests/abi/c/dynamic.c", Link::ByHand)));
}

#[test]
fn wrapper_releases_moves_and_throws() {
    succeed_silently(&mut Command::new(program("tests/abi/c/wrapper.cpp", Link::Library)));
}

#[test]
fn nothing_of_the_environment_is_needed() {
    let lifecycle = program("tests/abi/c/lifecycle.c", Link::Library);
    succeed_silently(Command::new(lifecycle).arg("every_task_goes_from_start_to_end").env_clear().current_dir("/"));
}

/// The soak runs for an hour by hand; here for some moments.
#[test]
fn sessions_leave_neither_memory_nor_threads_nor_files_behind() {
    succeed(Command::new(program("tests/benches/soak.c", Link::Library)).arg("24"));
}

fn run(source: &str, check: &str) {
    succeed_silently(Command::new(program(source, Link::Library)).arg(check));
}

fn every_check_is_listed(source: &str, tests: &[&str]) {
    let output = succeed(Command::new(program(source, Link::Library)).arg("--list"));
    let listed = String::from_utf8(output.stdout).unwrap();
    let checks: Vec<&str> = listed.lines().filter(|&check| check != ELSEWHERE).collect();
    assert_eq!(checks, tests);
}
