//! Inputs made of others: the same ones in every run.

/// A generator of numbers for choices that need not be good ones (xorshift).
pub struct Choices(pub u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to `count` - 1.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() >> 11) as usize % count.max(1)
    }
}

/// Bytes that are often read as lengths, counts and signs.
const TELLING: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x10, 0xfe];

/// One of the seeds with a few changes.
pub fn mutated(seeds: &[Vec<u8>], choices: &mut Choices) -> Vec<u8> {
    let mut input = seeds[choices.below(seeds.len())].clone();
    for _ in 0..1 + choices.below(6) {
        change(&mut input, seeds, choices);
    }
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], choices: &mut Choices) {
    // Headers stand at the start, and what they say decides more than what follows.
    let reach = if choices.below(2) == 0 { input.len().min(200) } else { input.len() };
    let at = choices.below(reach);
    let end = (at + 1 + choices.below(16)).min(input.len());
    match choices.below(8) {
        _ if input.is_empty() => input.push(choices.next() as u8),
        0 => input[at] ^= 1 << choices.below(8),
        1 => input[at] = choices.next() as u8,
        2 => input[at..end].fill(TELLING[choices.below(TELLING.len())]),
        3 => input[at] = input[at].wrapping_add(choices.below(5) as u8).wrapping_sub(2),
        4 => drop(input.drain(at..end)),
        5 => {
            let copied = input[at..end].to_vec();
            let place = choices.below(input.len());
            input.splice(place..place, copied);
        }
        6 => input.truncate(at + 1),
        _ => {
            let other = &seeds[choices.below(seeds.len())];
            let from = choices.below(other.len());
            input.splice(at..end, other[from..(from + end - at).min(other.len())].iter().copied());
        }
    }
}
