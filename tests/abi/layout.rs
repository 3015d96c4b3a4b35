//! Rust and C agree on every size and offset.

use crate::toolchain::{Link, program, succeed};
use dipkit::capi::types::*;
use std::mem::{offset_of, size_of};
use std::process::Command;

/// Lines as layout.c prints them. A field left out does not compile.
macro_rules! lines {
    ($($name:ident: $($field:ident)+;)+) => {{
        let mut lines = Vec::new();
        $(
            let _ = |all: $name| { let $name { $($field: _),+ } = all; };
            lines.push(format!("{} {}", stringify!($name), size_of::<$name>()));
            $(lines.push(format!("{}.{} {}", stringify!($name), stringify!($field), offset_of!($name, $field)));)+
        )+
        lines
    }};
}

#[test]
fn c_and_rust_agree_on_every_field() {
    let rust = lines! {
        DipImage: width height channels sample transfer flags channel_stride pixel_stride row_stride;
        DipInputs: struct_size reserved image pixels mask mask_pixels guide guide_pixels;
        DipOptions: struct_size task quality device device_index threads seed factor downsample hole input optimizer
            tile_size iterations input_depth channels channels_deepest scales skip_channels early_stop runs reserved
            memory_limit time_limit strength noise_level learning_rate matrix_learning_rate input_noise
            average_weight tv_weight recorruption held_out;
        DipMetrics: struct_size state iteration iterations_total best_iteration jobs_done jobs_total device progress
            seconds_left seconds loss psnr_observed variance noise_level risk noise_kind hole memory_bytes;
        DipOptionInfo: struct_size kind minimum maximum default_value name label hint unit choices tasks reserved;
    };
    let output = succeed(&mut Command::new(program("tests/abi/c/layout.c", Link::Library)));
    let c = String::from_utf8(output.stdout).unwrap();
    assert_eq!(rust, c.lines().collect::<Vec<_>>());
}

/// The numbers in C are those of the engine's choices.
#[test]
fn constants_are_the_engines_numbers() {
    use dipkit::options::{AUTO, DeviceKind, Downsample, Hole, Input, Optimizer, Quality, Task};
    assert_eq!(DIP_AUTO, AUTO);
    assert_eq!((DIP_TASK_DENOISE, DIP_TASK_DEJPEG), (Task::Denoise as u32, Task::Dejpeg as u32));
    assert_eq!((DIP_TASK_SUPER_RESOLVE, DIP_TASK_INPAINT), (Task::SuperResolve as u32, Task::Inpaint as u32));
    assert_eq!((DIP_QUALITY_REFERENCE, DIP_QUALITY_BALANCED), (Quality::Reference as u32, Quality::Balanced as u32));
    assert_eq!((DIP_QUALITY_FAST, DIP_DEVICE_AUTO), (Quality::Fast as u32, DeviceKind::Auto as u32));
    assert_eq!((DIP_DEVICE_CPU, DIP_DEVICE_CUDA), (DeviceKind::Cpu as u32, DeviceKind::Cuda as u32));
    assert_eq!((DIP_DEVICE_METAL, DIP_DOWNSAMPLE_BOX), (DeviceKind::Metal as u32, Downsample::Box as u32));
    assert_eq!(
        (DIP_DOWNSAMPLE_LANCZOS2, DIP_DOWNSAMPLE_LANCZOS3),
        (Downsample::Lanczos2 as u32, Downsample::Lanczos3 as u32)
    );
    assert_eq!(
        (DIP_DOWNSAMPLE_BICUBIC, DIP_DOWNSAMPLE_GAUSSIAN),
        (Downsample::Bicubic as u32, Downsample::Gaussian as u32)
    );
    assert_eq!(
        (DIP_HOLE_TEXT, DIP_HOLE_REGION, DIP_HOLE_SPARSE),
        (Hole::Text as u32, Hole::Region as u32, Hole::Sparse as u32)
    );
    assert_eq!((DIP_INPUT_NOISE, DIP_INPUT_MESHGRID), (Input::Noise as u32, Input::Meshgrid as u32));
    assert_eq!(DIP_INPUT_PICTURE, Input::Picture as u32);
    assert_eq!((DIP_OPTIMIZER_ADAM, DIP_OPTIMIZER_MUON), (Optimizer::Adam as u32, Optimizer::Muon as u32));
}
