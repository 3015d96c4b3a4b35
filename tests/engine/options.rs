//! The option table and the presets.

use dipkit::options::{
    AUTO, Choice, DeviceKind, Downsample, EstimatorOptions, Hole, Input, Measured, MeasuredNoise, NetworkOptions,
    NoiseKind, Optimizer, Options, Quality, ResolvedOptions, Task, ValueKind, get, info, resolve, row, rows, set,
};

fn reference(task: Task, measured: &Measured) -> ResolvedOptions {
    resolve(&Options::new(task, Quality::Reference), measured)
}

fn holes(hole: Hole, missing_share: f32) -> Measured {
    Measured { hole, missing_share, ..Measured::plain() }
}

/// iterations, input depth, channels, deepest, scales, skip, input noise, learning rate.
type Numbers = (u32, u32, u32, u32, u32, u32, f32, f32);

fn numbers(options: &ResolvedOptions) -> Numbers {
    let NetworkOptions { input_depth, channels, channels_deepest, scales, skip_channels } = options.network;
    let (noise, rate) = (options.estimator.input_noise, options.rates.learning_rate);
    (options.iterations, input_depth, channels, channels_deepest, scales, skip_channels, noise, rate)
}

#[test]
fn reference_presets_are_the_authors() {
    let plain = Measured::plain();
    let guided = Measured { has_guide: true, ..plain };
    let rows: [(Task, Measured, Numbers); 8] = [
        (Task::Denoise, plain, (3000, 32, 128, 128, 5, 4, 1.0 / 30.0, 0.01)),
        (Task::Denoise, guided, (601, 32, 128, 128, 5, 4, 0.0, 0.1)),
        (Task::Dejpeg, plain, (2400, 3, 8, 128, 5, 4, 1.0 / 30.0, 0.01)),
        (Task::SuperResolve, plain, (2000, 32, 128, 128, 5, 4, 0.03, 0.01)),
        (Task::Inpaint, holes(Hole::Text, 0.05), (6001, 32, 128, 128, 5, 128, 0.03, 0.01)),
        (Task::Inpaint, holes(Hole::Region, 0.1), (5001, 2, 128, 128, 5, 0, 0.03, 0.01)),
        (Task::Inpaint, holes(Hole::Sparse, 0.5), (11000, 32, 128, 128, 5, 4, 0.03, 0.001)),
        (Task::Inpaint, holes(Hole::Sparse, 0.98), (1000, 32, 16, 128, 5, 0, 0.0, 0.01)),
    ];
    for (task, measured, expected) in rows {
        assert_eq!(numbers(&reference(task, &measured)), expected, "{task:?} {measured:?}");
    }
}

#[test]
fn strong_noise_and_large_factors_have_numbers_of_their_own() {
    let noisy = Options { noise_level: 50.0, ..Options::new(Task::Denoise, Quality::Reference) };
    assert_eq!(resolve(&noisy, &Measured::plain()).estimator.input_noise, 0.05);
    let large = Options { factor: 8, ..Options::new(Task::SuperResolve, Quality::Reference) };
    let large = resolve(&large, &Measured::plain());
    assert_eq!((large.iterations, large.estimator.input_noise), (4000, 0.05));
}

fn noisy(kind: NoiseKind) -> Measured {
    Measured { noise: MeasuredNoise { kind, level: 25.0, ..MeasuredNoise::unknown() }, ..Measured::plain() }
}

#[test]
fn white_noise_is_recorrupted_and_other_noise_is_not() {
    let of = |measured: &Measured| resolve(&Options::new(Task::Denoise, Quality::Balanced), measured);
    for kind in [NoiseKind::White, NoiseKind::Brightness] {
        let resolved = of(&noisy(kind));
        assert_eq!((resolved.estimator.input, resolved.noise_level), (Input::Picture, Some(25.0)));
        let EstimatorOptions { recorruption, held_out, .. } = resolved.estimator;
        assert!(recorruption > 0.0 && held_out > 0.0 && resolved.early_stop > 0, "{kind:?}");
    }
    for kind in [NoiseKind::Correlated, NoiseKind::Unknown] {
        let EstimatorOptions { input, recorruption, held_out, .. } = of(&noisy(kind)).estimator;
        assert_eq!((input, recorruption, held_out), (Input::Noise, 0.0, 0.0));
    }
    let impulses = of(&noisy(NoiseKind::Impulse)).estimator;
    assert_eq!((impulses.input, impulses.recorruption), (Input::Picture, 0.0));
    assert!(impulses.held_out > 0.0);
}

#[test]
fn colour_is_drawn_from_luma_where_only_colour_is_noisy() {
    let of = |quality, measured: &Measured| resolve(&Options::new(Task::Denoise, quality), measured);
    let colour = noisy(NoiseKind::Chroma);
    let [balanced, fast] = [Quality::Balanced, Quality::Fast].map(|quality| of(quality, &colour));
    let EstimatorOptions { input, recorruption, held_out, .. } = balanced.estimator;
    assert_eq!((input, recorruption, held_out), (Input::Picture, 0.0, 0.0));
    assert_eq!((balanced.iterations, fast.iterations), (80, 40));
    // A guide is another input, of which `fast` has a third as ever.
    let guided = Measured { has_guide: true, ..noisy(NoiseKind::Unknown) };
    let level = Measured { noise: MeasuredNoise::unknown(), ..guided };
    assert_eq!(of(Quality::Fast, &level).iterations, 200);
}

#[test]
fn without_held_out_samples_nothing_tells_when_to_stop() {
    let told = Options { held_out: 0.0, ..Options::new(Task::Denoise, Quality::Balanced) };
    let resolved = resolve(&told, &noisy(NoiseKind::White));
    assert!(resolved.estimator.recorruption > 0.0 && resolved.early_stop == 0);
}

#[test]
fn a_level_that_is_told_is_believed() {
    let told = Options { noise_level: 10.0, ..Options::new(Task::Denoise, Quality::Balanced) };
    let resolved = resolve(&told, &noisy(NoiseKind::Correlated));
    assert!(resolved.noise_level == Some(10.0) && resolved.estimator.recorruption > 0.0);
}

#[test]
fn small_pictures_hold_out_more() {
    let of = |pixels| {
        let measured = Measured { pixels, ..noisy(NoiseKind::White) };
        resolve(&Options::new(Task::Denoise, Quality::Balanced), &measured).estimator.held_out
    };
    assert!(of(64 * 64) == 0.15 && of(4096 * 4096) == 0.05 && of(400 * 400) < of(300 * 300));
}

#[test]
fn small_holes_get_wide_skips_and_large_ones_or_very_few_pixels_do_not() {
    let skips = |hole, missing_share| {
        resolve(&Options::new(Task::Inpaint, Quality::Balanced), &holes(hole, missing_share)).network.skip_channels
    };
    assert_eq!((skips(Hole::Text, 0.1), skips(Hole::Sparse, 0.5), skips(Hole::Sparse, 0.85)), (32, 32, 32));
    assert_eq!((skips(Hole::Region, 0.1), skips(Hole::Sparse, 0.95)), (4, 0));
    let impulses =
        Measured { noise: MeasuredNoise { kind: NoiseKind::Impulse, ..MeasuredNoise::unknown() }, ..Measured::plain() };
    assert_eq!(resolve(&Options::new(Task::Denoise, Quality::Balanced), &impulses).network.skip_channels, 32);
}

#[test]
fn what_is_drawn_into_large_holes_is_averaged_for_longer() {
    let rates = |hole| resolve(&Options::new(Task::Inpaint, Quality::Balanced), &holes(hole, 0.1)).rates;
    let weight = |hole| rates(hole).average_weight;
    assert_eq!((weight(Hole::Region), weight(Hole::Text), weight(Hole::Sparse)), (0.997, 0.99, 0.99));
}

#[test]
fn fast_has_fewer_iterations_and_the_network_of_balanced() {
    for task in [Task::Denoise, Task::Dejpeg, Task::SuperResolve, Task::Inpaint] {
        for measured in Measured::kinds(task).iter().filter(|measured| !measured.has_guide) {
            let of =
                |quality| resolve(&Options { noise_level: 20.0, hole: 0, ..Options::new(task, quality) }, measured);
            let (balanced, fast) = (of(Quality::Balanced), of(Quality::Fast));
            assert!(fast.iterations < balanced.iterations, "{task:?}");
            let alike = |options| ResolvedOptions { iterations: 0, runs: 1, quality: Quality::Fast, ..options };
            assert_eq!(alike(balanced), alike(fast));
        }
    }
}

#[test]
fn a_given_option_overrides_the_preset_and_the_rest_follows_it() {
    let given = Options { channels: 64, hole: Hole::Region as u32, ..Options::new(Task::Inpaint, Quality::Reference) };
    let resolved = resolve(&given, &holes(Hole::Text, 0.1));
    assert_eq!((resolved.network.channels, resolved.network.skip_channels), (64, 0));
    assert_eq!(resolved.estimator.input, Input::Meshgrid);
    let flat = Options { channels: 48, input: Input::Noise as u32, ..Options::new(Task::Inpaint, Quality::Balanced) };
    let resolved = resolve(&flat, &holes(Hole::Text, 0.1));
    let (deepest, held_out) = (resolved.network.channels_deepest, resolved.estimator.held_out);
    assert_eq!((deepest, held_out), (48, 0.0), "only a picture can be hidden in turn");
}

#[test]
fn resolving_leaves_nothing_to_the_preset_but_what_does_not_apply() {
    for task in [Task::Denoise, Task::Dejpeg, Task::SuperResolve, Task::Inpaint] {
        for quality in [Quality::Reference, Quality::Balanced, Quality::Fast] {
            for measured in Measured::kinds(task) {
                let resolved = Options::from(resolve(&Options::new(task, quality), &measured));
                let open = rows().iter().filter(|row| (row.get)(&resolved).is_nan()).map(|row| row.name);
                let expected: &[&str] = if task == Task::Inpaint { &["noise_level"] } else { &["hole", "noise_level"] };
                assert_eq!(open.collect::<Vec<_>>(), expected, "{task:?} {quality:?}");
                assert!(resolved.check().is_ok());
            }
        }
    }
}

#[test]
fn words_of_the_table_are_those_of_the_choices() {
    fn words<C: Choice>() -> String {
        C::CHOICES.iter().map(|choice| choice.0).collect::<Vec<_>>().join("|")
    }
    let expected = [
        ("task", words::<Task>()),
        ("quality", words::<Quality>()),
        ("device", words::<DeviceKind>()),
        ("downsample", words::<Downsample>()),
        ("hole", words::<Hole>()),
        ("input", words::<Input>()),
        ("optimizer", words::<Optimizer>()),
    ];
    let choices: Vec<_> = rows().iter().filter(|row| row.kind == ValueKind::Choice).collect();
    assert_eq!(choices.len(), expected.len());
    for (row, (name, words)) in choices.iter().zip(expected) {
        assert_eq!((row.name, row.choices), (name, words.as_str()));
        assert_eq!(row.maximum as usize + 1, words.split('|').count());
    }
}

#[test]
fn options_of_other_tasks_strength_and_a_limit_beside_chosen_tiles_have_no_say_in_the_bits() {
    let decides = |name: &str, options: &Options| row(name).unwrap().decides(options);
    let [denoise, enlarge, fill] =
        [Task::Denoise, Task::SuperResolve, Task::Inpaint].map(|task| Options::new(task, Quality::Balanced));
    assert!(decides("factor", &enlarge) && decides("downsample", &enlarge) && decides("hole", &fill));
    assert!(!decides("factor", &denoise) && !decides("downsample", &fill) && !decides("hole", &denoise));
    for name in ["strength", "threads", "time_limit", "device", "device_index"] {
        assert!(!decides(name, &denoise), "{name}");
    }
    assert!(decides("memory_limit", &denoise) && !decides("memory_limit", &Options { tile_size: 0, ..denoise }));
    assert!(decides("seed", &denoise) && decides("held_out", &enlarge));
}

#[test]
fn every_option_reads_back_what_was_set() {
    for row in rows() {
        let mut options = Options::new(Task::Denoise, Quality::Balanced);
        let text = match row.kind {
            ValueKind::Choice => row.words().last().unwrap().to_string(),
            _ => format!("{}", row.minimum.max(1.0).min(row.maximum)),
        };
        set(&mut options, row.name, &text).unwrap();
        let expected = if row.kind == ValueKind::Choice { row.maximum } else { row.minimum.max(1.0).min(row.maximum) };
        let value = get(&options, row.name).unwrap();
        assert!((value - expected).abs() < 1e-6, "{}: {value} for {text}", row.name);
        if row.has_auto {
            set(&mut options, row.name, "auto").unwrap();
            assert!(get(&options, row.name).unwrap().is_nan());
        }
    }
}

/// A float is kept in single precision: `learning_rate` refused its own minimum, which is a little less there.
#[test]
fn every_option_takes_the_ends_of_its_range() {
    for row in rows() {
        for end in [row.minimum, row.maximum] {
            let mut options = Options::new(Task::Denoise, Quality::Balanced);
            let written = format!("{end}");
            let text = if row.kind == ValueKind::Choice { row.words().nth(end as usize).unwrap() } else { &written };
            set(&mut options, row.name, text).unwrap();
            assert!(options.check().is_ok(), "{}: {:?}", row.name, options.check());
            // What was read can be set again, and a host's float may be the end of the range.
            let read = get(&options, row.name).unwrap();
            if row.kind != ValueKind::Choice {
                set(&mut options, row.name, &format!("{read}")).unwrap();
            }
            if row.kind == ValueKind::Float {
                (row.set)(&mut options, f64::from(end as f32));
            }
            assert!(options.check().is_ok(), "{} as a float", row.name);
        }
    }
}

#[test]
fn no_option_takes_what_lies_beyond_its_range() {
    for row in rows().iter().filter(|row| row.kind != ValueKind::Choice) {
        // The least that single precision, and a double beyond 2^53, can tell.
        let step = |end: f64| if row.kind == ValueKind::Float { end.abs().max(1e-3) * 1e-6 } else { 2.0 };
        for value in [row.minimum - step(row.minimum), row.maximum + step(row.maximum)] {
            assert!(row.check(value).is_err(), "{} takes {value}", row.name);
        }
    }
}

#[test]
fn wrong_texts_name_the_option_the_value_and_the_range() {
    let mut options = Options::new(Task::Denoise, Quality::Balanced);
    let mut refused = |name: &str, text: &str| set(&mut options, name, text).unwrap_err().to_string();
    assert_eq!(refused("factor", "9"), "factor is 9, must be 2 to 8 or auto");
    assert_eq!(refused("iterations", "0"), "iterations is 0, must be 1 to 10000000 or auto");
    assert_eq!(refused("iterations", "2.5"), "iterations is 2.5, which is not whole, must be 1 to 10000000 or auto");
    assert_eq!(refused("learning_rate", "nan"), "learning_rate is \"nan\", must be 0.00000001 to 100 or auto");
    assert_eq!(refused("hole", "round"), "hole is \"round\", must be text, region, sparse or auto");
    assert_eq!(refused("learning_rte", "1"), "there is no option \"learning_rte\"; the nearest is \"learning_rate\"");
    assert_eq!(refused("seed", "auto"), "seed is \"auto\", must be 0 to 4294967294");
    assert_eq!(refused("strength", "0,5"), "strength is \"0,5\", must be 0 to 1 or auto");
}

#[test]
fn defaults_are_numbers_where_they_do_not_depend_on_the_picture() {
    let find = |name: &str, task| {
        let all = (0..).map_while(|i| info(i, task, Quality::Reference));
        all.filter(|(row, _)| row.name == name).map(|(_, default)| default).next().unwrap()
    };
    assert_eq!(find("iterations", Task::Dejpeg), 2400.0);
    assert!(find("iterations", Task::Inpaint).is_nan());
    assert_eq!(find("scales", Task::Inpaint), 5.0);
    assert!(info(rows().len(), Task::Denoise, Quality::Fast).is_none());
}

#[test]
fn options_out_of_range_are_refused_whole() {
    let options = Options { average_weight: 1.5, ..Options::new(Task::Denoise, Quality::Fast) };
    assert_eq!(options.check().unwrap_err().to_string(), "average_weight is 1.5, must be 0 to 0.9999 or auto");
    let options = Options { time_limit: f32::NAN, ..Options::new(Task::Denoise, Quality::Fast) };
    assert_eq!(options.check().unwrap_err().to_string(), "time_limit is not a number, must be 0 to 1000000000");
    let options = Options { hole: 7, factor: AUTO, ..Options::new(Task::Denoise, Quality::Fast) };
    assert!(options.check().is_err());
}
