//! The convolution kernels of the CPU executor against a slow loop in f64.

use dipkit::exec::Pool;
use dipkit::exec::cpu::kernels::Run;
use dipkit::exec::cpu::kernels::conv::{ConvKernel, ConvShape, Method};
use dipkit::exec::cpu::kernels::matrix::multiply;
use dipkit::exec::cpu::simd::Simd;
use dipkit::rng::{Draws, Stream};
use std::sync::atomic::AtomicBool;

/// Relative to the root mean square of the right answer. A direct sum of up to some thousand f32
/// products errs by about the square root of their number times 2^-24; Winograd's transforms amplify
/// rounding about tenfold.
fn tolerance(method: Method) -> f64 {
    match method {
        Method::Direct => 1e-5,
        Method::Winograd => 3e-5,
    }
}

/// Logical channels, size of the output, kernel and stride.
#[derive(Debug, Clone, Copy)]
struct Case {
    inputs: usize,
    outputs: usize,
    height: usize,
    width: usize,
    kernel: usize,
    stride: usize,
}

impl Case {
    fn conv(&self, method: Method) -> ConvKernel {
        let shape = self.shape();
        ConvKernel::with_method(shape, lanes(self.inputs), lanes(self.outputs), method)
    }

    fn shape(&self) -> ConvShape {
        ConvShape {
            inputs: physical(self.inputs),
            outputs: physical(self.outputs),
            height: self.height,
            width: self.width,
            kernel: self.kernel,
            stride: self.stride,
        }
    }

    fn methods(&self) -> Vec<Method> {
        Method::ALL.into_iter().filter(|method| method.can(&self.shape())).collect()
    }
}

/// As after a concatenation: the first five channels are alone in a block.
fn lanes(logical: usize) -> Vec<usize> {
    (0..logical).map(|channel| if channel < 5 { channel } else { channel + 3 }).collect()
}

fn physical(logical: usize) -> usize {
    (lanes(logical)[logical - 1] + 1).next_multiple_of(8)
}

/// Tensors of a case, C, H, W and f32, and the right answers.
struct Judge {
    input: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    gradient: Vec<f32>,
    out: Vec<f64>,
    by_weight: Vec<f64>,
    by_input: Vec<f64>,
    padded: (usize, usize),
}

fn random(len: usize, stream: u32) -> Vec<f32> {
    let mut out = vec![0.0; len];
    Draws::new(17, stream, Stream::Synthetic, 1).normal(0, &mut out);
    out
}

impl Judge {
    fn new(case: &Case) -> Judge {
        let along = |outputs: usize| case.stride * (outputs - 1) + case.kernel;
        let padded = (along(case.height), along(case.width));
        let mut judge = Judge {
            input: random(case.inputs * padded.0 * padded.1, 1),
            weight: random(case.outputs * case.inputs * case.kernel * case.kernel, 2),
            bias: random(case.outputs, 3),
            gradient: random(case.outputs * case.height * case.width, 4),
            out: Vec::new(),
            by_weight: Vec::new(),
            by_input: Vec::new(),
            padded,
        };
        judge.compute(case);
        judge
    }

    fn compute(&mut self, case: &Case) {
        let Case { inputs, outputs, height, width, kernel, stride } = *case;
        self.out = (0..outputs * height * width).map(|index| self.bias[index / height / width].into()).collect();
        self.by_weight = vec![0.0; self.weight.len()];
        self.by_input = vec![0.0; self.input.len()];
        for (index, &weight) in self.weight.iter().enumerate() {
            let (output, input) = (index / kernel / kernel / inputs, index / kernel / kernel % inputs);
            let (down, right) = (index / kernel % kernel, index % kernel);
            for pixel in 0..height * width {
                let (y, x) = (pixel / width * stride + down, pixel % width * stride + right);
                let from = (input * self.padded.0 + y) * self.padded.1 + x;
                let to = output * height * width + pixel;
                self.out[to] += f64::from(weight) * f64::from(self.input[from]);
                self.by_weight[index] += f64::from(self.gradient[to]) * f64::from(self.input[from]);
                self.by_input[from] += f64::from(self.gradient[to]) * f64::from(weight);
            }
        }
    }
}

/// C, H, W to blocks of a plane that may be larger; zeros elsewhere.
fn block(tensor: &[f32], size: (usize, usize), plane: (usize, usize)) -> Vec<f32> {
    let channels = tensor.len() / (size.0 * size.1);
    let lanes = lanes(channels);
    let mut out = vec![0.0; physical(channels) * plane.0 * plane.1];
    for (index, value) in tensor.iter().enumerate() {
        let (lane, y, x) = (lanes[index / size.1 / size.0], index / size.1 % size.0, index % size.1);
        out[((lane / 8 * plane.0 + y) * plane.1 + x) * 8 + lane % 8] = *value;
    }
    out
}

/// The way back, for `channels` channels.
fn unblock(blocked: &[f32], channels: usize, size: (usize, usize), plane: (usize, usize)) -> Vec<f32> {
    let lanes = lanes(channels);
    let place = |index: usize| {
        let (lane, y, x) = (lanes[index / size.1 / size.0], index / size.1 % size.0, index % size.1);
        ((lane / 8 * plane.0 + y) * plane.1 + x) * 8 + lane % 8
    };
    (0..channels * size.0 * size.1).map(|index| blocked[place(index)]).collect()
}

/// What the kernels make of a case, still blocked.
#[derive(PartialEq)]
struct Answer {
    out: Vec<f32>,
    by_weight: Vec<f32>,
    by_padded: Vec<f32>,
}

fn answer(case: &Case, judge: &Judge, method: Method, simd: Simd, threads: usize) -> Answer {
    let conv = case.conv(method);
    let cancel = AtomicBool::new(false);
    let run = Run { simd, cancel: &cancel };
    let (size, plane) = ((case.height, case.width), conv.padded());
    let padded = block(&judge.input, judge.padded, plane);
    let gradient = block(&judge.gradient, size, size);
    let bias = block(&judge.bias, (1, 1), (1, 1));
    // Not zeros: all that is promised must be written.
    let mut packed = vec![f32::NAN; conv.packed_len()];
    let mut scratch = vec![f32::NAN; conv.scratch_len()];
    let mut out = vec![f32::NAN; gradient.len()];
    let mut by_weight = vec![f32::NAN; judge.weight.len()];
    let mut by_padded = vec![f32::NAN; padded.len()];
    Pool::new(threads).unwrap().run(|| {
        conv.pack(&run, &judge.weight, &mut packed);
        conv.forward(&run, &padded, &packed, Some(&bias), &mut out, &mut scratch);
        scratch.fill(f32::NAN);
        conv.backward(&run, &padded, &gradient, &packed, &mut by_weight, Some(&mut by_padded), &mut scratch);
        let mut again = vec![f32::NAN; by_weight.len()];
        conv.backward(&run, &padded, &gradient, &packed, &mut again, None, &mut scratch);
        assert!(again == by_weight, "without the gradient by the input, {case:?} {method:?}");
    });
    Answer { out, by_weight, by_padded }
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = (expected.iter().map(|value| value * value).sum::<f64>() / expected.len() as f64).sqrt();
    let worst = found
        .iter()
        .zip(expected)
        .map(|(f, e)| (f64::from(*f) - e).abs())
        .fold(0.0, |worst: f64, error| if error.is_nan() { f64::INFINITY } else { worst.max(error) });
    assert!(worst <= tolerance * scale, "{what}: off by {} of {scale}", worst / scale);
}

fn assert_dead_lanes_are_zero(blocked: &[f32], channels: usize, what: &str) {
    let plane = blocked.len() / physical(channels);
    let lanes = lanes(channels);
    for lane in (0..physical(channels)).filter(|lane| !lanes.contains(lane)) {
        let is_zero = (0..plane).all(|pixel| blocked[(lane / 8 * plane + pixel) * 8 + lane % 8] == 0.0);
        assert!(is_zero, "{what}: lane {lane}");
    }
}

fn check(case: &Case) {
    let judge = Judge::new(case);
    for method in case.methods() {
        for simd in paths() {
            let what = |pass: &str| format!("{pass} of {case:?} {method:?} {simd:?}");
            let tolerance = tolerance(method);
            let answer = answer(case, &judge, method, simd, 2);
            let (size, plane) = ((case.height, case.width), case.conv(method).padded());
            assert_close(&unblock(&answer.out, case.outputs, size, size), &judge.out, tolerance, &what("forward"));
            assert_close(&answer.by_weight, &judge.by_weight, tolerance, &what("by weight"));
            let by_input = unblock(&answer.by_padded, case.inputs, judge.padded, plane);
            assert_close(&by_input, &judge.by_input, tolerance, &what("by input"));
            assert_dead_lanes_are_zero(&answer.out, case.outputs, &what("forward"));
            assert_dead_lanes_are_zero(&answer.by_padded, case.inputs, &what("by input"));
            assert_overhang_is_zero(&answer.by_padded, judge.padded, plane, &what("by input"));
        }
    }
}

fn assert_overhang_is_zero(blocked: &[f32], size: (usize, usize), plane: (usize, usize), what: &str) {
    for (index, pixel) in blocked.chunks_exact(8).enumerate() {
        let (y, x) = (index / plane.1 % plane.0, index % plane.1);
        let is_inside = y < size.0 && x < size.1;
        assert!(is_inside || pixel.iter().all(|value| *value == 0.0), "{what}: {y} {x}");
    }
}

fn paths() -> Vec<Simd> {
    let mut paths = vec![Simd::Portable, Simd::best()];
    paths.dedup();
    paths
}

#[test]
fn every_kernel_and_stride_matches_slow_loop() {
    for kernel in [1, 3, 5, 7] {
        for stride in [1, 2] {
            for (height, width) in [(1, 1), (2, 5), (7, 6), (13, 11)] {
                check(&Case { inputs: 13, outputs: 4, height, width, kernel, stride });
            }
        }
    }
}

#[test]
fn every_number_of_channels_matches_slow_loop() {
    for inputs in [1, 3, 4, 13, 36] {
        for outputs in [1, 3, 4, 13, 36] {
            check(&Case { inputs, outputs, height: 6, width: 9, kernel: 3, stride: 1 });
        }
        check(&Case { inputs, outputs: 20, height: 5, width: 5, kernel: 3, stride: 2 });
    }
}

#[test]
fn large_maps_and_many_channels_match_slow_loop() {
    check(&Case { inputs: 36, outputs: 20, height: 33, width: 50, kernel: 3, stride: 1 });
    // More tiles than Winograd takes at once.
    check(&Case { inputs: 36, outputs: 20, height: 150, width: 70, kernel: 3, stride: 1 });
    check(&Case { inputs: 13, outputs: 36, height: 9, width: 1500, kernel: 3, stride: 1 });
    check(&Case { inputs: 8, outputs: 8, height: 3, width: 600, kernel: 3, stride: 1 });
    check(&Case { inputs: 8, outputs: 8, height: 70, width: 3, kernel: 5, stride: 2 });
    check(&Case { inputs: 128, outputs: 40, height: 8, width: 9, kernel: 3, stride: 1 });
    check(&Case { inputs: 40, outputs: 130, height: 17, width: 16, kernel: 1, stride: 1 });
}

#[test]
fn bytes_are_the_same_for_any_number_of_threads() {
    for (kernel, stride, height) in [(1, 1, 37), (3, 1, 150), (3, 2, 37), (5, 1, 37)] {
        let case = Case { inputs: 36, outputs: 20, height, width: 70, kernel, stride };
        let judge = Judge::new(&case);
        for method in case.methods() {
            let alone = answer(&case, &judge, method, Simd::best(), 1);
            for threads in [2, 3] {
                let together = answer(&case, &judge, method, Simd::best(), threads);
                assert!(together == alone, "{case:?} {method:?} with {threads} threads");
            }
        }
    }
}

#[test]
fn winograd_is_for_large_maps() {
    let shape = Case { inputs: 8, outputs: 8, height: 64, width: 64, kernel: 3, stride: 1 }.shape();
    assert_eq!(Method::choose(&shape), Method::Winograd);
    for other in [ConvShape { height: 63, ..shape }, ConvShape { kernel: 5, ..shape }, ConvShape { stride: 2, ..shape }]
    {
        assert_eq!(Method::choose(&other), Method::Direct);
    }
}

#[test]
fn cancelled_run_does_nothing() {
    let case = Case { inputs: 8, outputs: 8, height: 16, width: 16, kernel: 3, stride: 1 };
    for method in case.methods() {
        let conv = case.conv(method);
        let cancel = AtomicBool::new(true);
        let run = Run { simd: Simd::best(), cancel: &cancel };
        let plane = conv.padded();
        let padded = vec![1.0; case.shape().inputs * plane.0 * plane.1];
        let packed = vec![1.0; conv.packed_len()];
        let mut scratch = vec![0.0; conv.scratch_len()];
        let mut out = vec![7.0; case.shape().outputs * case.height * case.width];
        Pool::new(1).unwrap().run(|| conv.forward(&run, &padded, &packed, None, &mut out, &mut scratch));
        assert!(out.iter().all(|value| *value == 7.0), "{method:?}");
    }
}

#[test]
fn products_of_matrices_match_a_loop_at_every_remainder() {
    let draw = |seed: u32, len: usize| {
        let mut samples = vec![0.0; len];
        Draws::new(seed, 0, Stream::Synthetic, 0).normal(0, &mut samples);
        samples
    };
    for simd in [Simd::Portable, Simd::best()] {
        for [rows, depth, columns] in [[1, 1, 1], [5, 3, 7], [6, 9, 8], [7, 36, 15], [13, 4, 24], [32, 324, 33]] {
            let (a, b, start) = (draw(1, rows * depth), draw(2, depth * columns), draw(3, rows * columns));
            for factor in [0.0, 1.0, -0.7] {
                let mut out = start.clone();
                multiply(simd, &a, &b, [rows, depth, columns], factor, &mut out);
                for (i, out) in out.iter().enumerate() {
                    let term =
                        |k: usize| f64::from(a[i / columns * depth + k]) * f64::from(b[k * columns + i % columns]);
                    let right = f64::from(factor * start[i]) + (0..depth).map(term).sum::<f64>();
                    assert!((f64::from(*out) - right).abs() < 1e-4, "{simd:?}, {rows}x{depth}x{columns}, {i}");
                }
            }
        }
    }
}
