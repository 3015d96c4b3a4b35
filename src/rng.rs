//! The one source of randomness: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
//! 2011), keyed by seed, job, stream, iteration and index. No draw depends on another, so any thread or device can make
//! any part of them, and the numbers are the same.

/// What a draw is for. Two streams never share a number. The values are part of "same seed, same bytes".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial parameters; the parameter's index takes the place of the iteration.
    Parameters = 0,
    /// The fixed network input z.
    Input = 1,
    /// Noise added to z afresh at each iteration.
    InputNoise = 2,
    /// Pictures made for experiments and benchmarks.
    Synthetic = 3,
    /// Permutations of pixels.
    Shuffle = 4,
    /// Noise that input and target of a recorrupted fit share.
    Recorruption = 5,
    /// Samples kept out of the loss.
    HeldOut = 6,
    /// The part of the noise that clipping cut off.
    Clipped = 7,
}

/// The multipliers of a round (the paper's).
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// What each half of the key grows by from round to round (the paper's).
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The number of blocks that are made at once, which is enough for any vector unit.
const LANES: usize = 16;

/// One word of each of several blocks.
type Words<const N: usize> = [u32; N];

/// Computes a block of four random words: ten rounds of Philox 4x32.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    rounds(counter.map(|word| [word]), key).map(|word| word[0])
}

/// Computes the blocks of several counters at once, in a form that compilers turn into vector instructions.
#[inline(always)]
fn rounds<const N: usize>(mut counters: [Words<N>; 4], mut key: [u32; 2]) -> [Words<N>; 4] {
    for _ in 0..10 {
        let [mut w, mut x, mut y, mut z] = [[0; N]; 4];
        for lane in 0..N {
            let a = u64::from(MULTIPLIERS[0]) * u64::from(counters[0][lane]);
            let b = u64::from(MULTIPLIERS[1]) * u64::from(counters[2][lane]);
            w[lane] = (b >> 32) as u32 ^ counters[1][lane] ^ key[0];
            x[lane] = b as u32;
            y[lane] = (a >> 32) as u32 ^ counters[3][lane] ^ key[1];
            z[lane] = a as u32;
        }
        counters = [w, x, y, z];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counters
}

/// The random numbers of one stream at one iteration of one job.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    key: [u32; 2],
    iteration: u32,
}

impl Draws {
    /// The numbers of this stream and iteration. `job` counts from 0 and stays below 2^24.
    pub fn new(seed: u32, job: u32, stream: Stream, iteration: u32) -> Self {
        Draws { key: [seed, job << 8 | stream as u32], iteration }
    }

    /// The key of all draws of the stream, for devices that make them by themselves.
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    /// The 32 random bits at `index`.
    pub fn bits(&self, index: u64) -> u32 {
        let [low, high] = halves(index / 4);
        philox([low, high, self.iteration, 0], self.key)[(index % 4) as usize]
    }

    /// Fills `out` with uniform numbers in 0..1; `first` (a multiple of 4) is the index of `out[0]`.
    pub fn uniform(&self, first: u64, out: &mut [f32]) {
        self.fill(first, out, |bits| bits.map(|word| word.map(unit)));
    }

    /// Fills `out` with standard normal numbers (Box and Muller); `first` (a multiple of 4) is the
    /// index of `out[0]`.
    pub fn normal(&self, first: u64, out: &mut [f32]) {
        self.fill(first, out, |bits| {
            let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; 4];
            for lane in 0..LANES {
                [a[lane], b[lane]] = box_muller(bits[0][lane], bits[1][lane]);
                [c[lane], d[lane]] = box_muller(bits[2][lane], bits[3][lane]);
            }
            [a, b, c, d]
        });
    }

    #[inline(always)]
    fn fill(&self, first: u64, out: &mut [f32], numbers: impl Fn([Words<LANES>; 4]) -> [[f32; LANES]; 4]) {
        for (index, out) in out.chunks_mut(4 * LANES).enumerate() {
            let block = first / 4 + (index * LANES) as u64;
            let half = |half: usize| std::array::from_fn(|lane| halves(block + lane as u64)[half]);
            let counters = [half(0), half(1), [self.iteration; LANES], [0; LANES]];
            let numbers = numbers(rounds(counters, self.key));
            for (lane, four) in out.chunks_mut(4).enumerate() {
                four.iter_mut().zip(&numbers).for_each(|(sample, word)| *sample = word[lane]);
            }
        }
    }
}

/// The low and the high half of a block's index.
fn halves(block: u64) -> [u32; 2] {
    [block as u32, (block >> 32) as u32]
}

/// Makes 24 of the bits a number in 0..1, 1 excluded.
fn unit(bits: u32) -> f32 {
    // Signed, since vector units convert nothing else.
    (bits >> 8) as i32 as f32 * (1.0 / 16_777_216.0)
}

/// Makes two standard normal numbers of two random words.
fn box_muller(radius_bits: u32, angle_bits: u32) -> [f32; 2] {
    // In 2^-24..1, so that the logarithm is finite.
    let radius = (-2.0 * ln(1.0 - unit(radius_bits))).sqrt();
    let [sine, cosine] = turn(angle_bits);
    [radius * cosine, radius * sine]
}

/// Computes the natural logarithm of a normal number in (0, 1], with an absolute error below 1e-7 times its size. The
/// system's libm is not used, since it differs between machines and the bits must not.
fn ln(x: f32) -> f32 {
    // x = m 2^e with m in [sqrt(1/2), sqrt(2))
    let shifted = x.to_bits().wrapping_add(0x3f80_0000 - 0x3f35_04f3);
    let exponent = (shifted >> 23) as i32 - 127;
    let m = f32::from_bits((shifted & 0x007f_ffff) + 0x3f35_04f3);
    // ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let series = 1.0 / 9.0;
    let series = series * s2 + 1.0 / 7.0;
    let series = series * s2 + 1.0 / 5.0;
    let series = series * s2 + 1.0 / 3.0;
    2.0 * s + 2.0 * s * s2 * series + exponent as f32 * std::f32::consts::LN_2
}

/// Computes sine and cosine of 2 pi times [`unit()`] of these bits.
fn turn(bits: u32) -> [f32; 2] {
    // The nearest quarter turn, and what is left of it in -1/8..1/8.
    let quarter = ((bits >> 8) + (1 << 21)) >> 22;
    let left = (bits >> 8) as i32 - (quarter << 22) as i32;
    let x = left as f32 * (std::f32::consts::TAU / 16_777_216.0);
    let x2 = x * x;
    let sine = x * (1.0 + x2 * (-1.0 / 6.0 + x2 * (1.0 / 120.0 + x2 * (-1.0 / 5040.0))));
    let cosine = 1.0 + x2 * (-0.5 + x2 * (1.0 / 24.0 + x2 * (-1.0 / 720.0 + x2 * (1.0 / 40320.0))));
    let (sine, cosine) = if quarter & 1 == 0 { (sine, cosine) } else { (cosine, -sine) };
    if quarter & 2 == 0 { [sine, cosine] } else { [-sine, -cosine] }
}
