//! Layouts: the same picture in every arrangement of memory.

use super::{SAMPLES, f32_of_bytes};
use dipkit::pixels::export::Outgoing;
use dipkit::pixels::{Imported, Layout, Sample, Size, Transfer, export, import};

/// What nobody may overwrite.
const PADDING: u8 = 0xA5;

const SIZE: Size = Size { width: 5, height: 3 };

/// A layout, where its top-left pixel lies, and the length of its buffer.
type Arrangement = (&'static str, Layout, usize, usize);

/// Arrangements of a picture, packed first.
fn arrangements(channels: usize, sample: Sample) -> Vec<Arrangement> {
    let packed = Layout::packed(SIZE, channels, sample);
    let bytes = sample.bytes();
    let (pixel, row, all) = (bytes * channels, bytes * channels * SIZE.width, bytes * channels * SIZE.area());
    let plane = bytes * SIZE.area();
    let signed = |stride: usize| stride as isize;
    let planar = Layout {
        channel_stride: signed(plane),
        pixel_stride: signed(bytes),
        row_stride: signed(bytes * SIZE.width),
        ..packed
    };
    let reversed = Layout { channel_stride: -signed(bytes), ..packed };
    let bottom_up = Layout { row_stride: -signed(row), ..packed };
    let mirrored = Layout { pixel_stride: -signed(pixel), ..packed };
    let padded = Layout { row_stride: signed(row + 7), ..packed };
    let spaced =
        Layout { pixel_stride: signed(pixel + 3), row_stride: -signed((pixel + 3) * SIZE.width + 1), ..packed };
    let transposed = Layout { pixel_stride: signed(pixel * SIZE.height), row_stride: signed(pixel), ..packed };
    let spaced_row = (pixel + 3) * SIZE.width + 1;
    vec![
        ("packed", packed, 0, all),
        ("planar", planar, 0, all),
        ("reversed channels", reversed, pixel - bytes, all),
        ("bottom-up", bottom_up, row * (SIZE.height - 1), all),
        ("mirrored", mirrored, row - pixel, all),
        ("padded rows", padded, 0, all + 7 * (SIZE.height - 1)),
        ("odd origin and padded pixels", spaced, 1 + spaced_row * (SIZE.height - 1), 1 + spaced_row * SIZE.height),
        ("transposed", transposed, 0, all),
    ]
}

/// Bytes of one sample of a picture in which every sample differs.
fn sample_bytes(sample: Sample, channel: usize, x: usize, y: usize) -> Vec<u8> {
    let number = (channel * SIZE.area() + y * SIZE.width + x) as u16;
    let part = (f32::from(number) + 1.0) / 64.0;
    match sample {
        Sample::U8 => vec![number as u8 * 4],
        Sample::U16 => (number * 1009).to_ne_bytes().to_vec(),
        Sample::F16 => half::f16::from_f32(part).to_ne_bytes().to_vec(),
        Sample::F32 => part.to_ne_bytes().to_vec(),
    }
}

/// The picture in a buffer of this arrangement.
fn arranged((_, layout, origin, bytes): &Arrangement) -> Vec<u8> {
    let mut buffer = vec![PADDING; *bytes];
    for y in 0..SIZE.height {
        for x in 0..SIZE.width {
            for channel in 0..layout.channels {
                let at = (*origin as isize + layout.offset(channel, x, y)) as usize;
                let stored = sample_bytes(layout.sample, channel, x, y);
                buffer[at..at + stored.len()].copy_from_slice(&stored);
            }
        }
    }
    buffer
}

fn outgoing(imported: &Imported) -> Outgoing<'_> {
    Outgoing { colour: &imported.colour, alpha: imported.alpha.as_ref(), shoulder: imported.shoulder, kept: None }
}

/// Calls `check` with every arrangement, transfer and kind of alpha.
fn every_arrangement(check: impl Fn(&Arrangement, &Arrangement)) {
    for sample in SAMPLES {
        for channels in 1..=4 {
            for (transfer, premultiplied) in
                [(Transfer::Encoded, false), (Transfer::Linear, false), (Transfer::Linear, true)]
            {
                let mut arrangements = arrangements(channels, sample);
                for (_, layout, ..) in &mut arrangements {
                    *layout = Layout { transfer, premultiplied, ..*layout };
                }
                for arrangement in &arrangements {
                    check(&arrangements[0], arrangement);
                }
            }
        }
    }
}

#[test]
fn every_layout_imports_the_bits_of_packed() {
    every_arrangement(|packed, other| {
        let expected = import(&packed.1, packed.2, &arranged(packed)).unwrap();
        let imported = import(&other.1, other.2, &arranged(other)).unwrap();
        assert_eq!(imported.colour, expected.colour, "{} {:?}", other.0, other.1);
        assert_eq!(imported.alpha, expected.alpha, "{}", other.0);
        assert_eq!(imported.weight, expected.weight, "{}", other.0);
        assert_eq!(imported.original.samples, expected.original.samples, "{}", other.0);
    });
}

#[test]
fn every_layout_exports_the_bits_of_packed_and_no_padding() {
    every_arrangement(|packed, other| {
        let imported = import(&packed.1, packed.2, &arranged(packed)).unwrap();
        let mut expected = vec![PADDING; packed.3];
        export(&outgoing(&imported), &packed.1, packed.2, &mut expected).unwrap();
        let mut exported = vec![PADDING; other.3];
        export(&outgoing(&imported), &other.1, other.2, &mut exported).unwrap();

        let mut is_padding = vec![true; other.3];
        let mut expected_samples = expected.chunks_exact(other.1.sample.bytes());
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                for channel in 0..other.1.channels {
                    let at = (other.2 as isize + other.1.offset(channel, x, y)) as usize;
                    let stored = &exported[at..at + other.1.sample.bytes()];
                    assert_eq!(Some(stored), expected_samples.next(), "{} {:?}", other.0, other.1);
                    is_padding[at..at + other.1.sample.bytes()].fill(false);
                }
            }
        }
        let kept = exported.iter().zip(is_padding).all(|(&byte, is_padding)| !is_padding || byte == PADDING);
        assert!(kept, "{} overwrites padding", other.0);
    });
}

#[test]
fn extent_of_negative_strides_reaches_before_the_origin() {
    let packed = Layout::packed(Size::new(4, 3), 3, Sample::U8);
    assert_eq!(packed.extent().unwrap(), (0, 36));
    assert_eq!(Layout { row_stride: -12, ..packed }.extent().unwrap(), (-24, 12));
    assert_eq!(Layout { channel_stride: -1, ..packed }.extent().unwrap(), (-2, 34));
    let backwards = Layout { channel_stride: -1, pixel_stride: -3, row_stride: -12, ..packed };
    assert_eq!(backwards.extent().unwrap(), (-35, 1));
    assert!(Layout { row_stride: isize::MIN, ..packed }.extent().is_err());
    assert!(Layout { row_stride: isize::MAX, ..packed }.extent().is_err());
}

#[test]
fn buffer_too_small_is_refused_with_both_numbers() {
    let layout = Layout::packed(Size::new(4, 3), 3, Sample::U16);
    let refusal = |layout: &Layout, origin: usize, bytes: usize| {
        let import_text = import(layout, origin, &vec![0; bytes]).unwrap_err().to_string();
        let imported = import(&Layout::packed(layout.size, 3, Sample::U8), 0, &[0; 36]).unwrap();
        let export_text = export(&outgoing(&imported), layout, origin, &mut vec![0; bytes]).unwrap_err().to_string();
        assert_eq!(import_text, export_text);
        import_text
    };
    assert_eq!(refusal(&layout, 0, 71), "image of 4x3 needs 72 bytes, has 71");
    assert_eq!(refusal(&layout, 1, 72), "image of 4x3 needs 73 bytes, has 72");
    assert_eq!(refusal(&layout, usize::MAX, 72), format!("image of 4x3 needs {} bytes, has 72", usize::MAX));
    let bottom_up = Layout { row_stride: -24, ..layout };
    assert_eq!(refusal(&bottom_up, 47, 72), "image of 4x3 needs 48 bytes before its top-left pixel, has 47");
    assert!(import(&bottom_up, 48, &[0; 72]).is_ok());
    assert!(import(&layout, 0, &[]).is_err());
}

#[test]
fn one_pixel_goes_in_and_out() {
    for channels in 1..=4 {
        let layout = Layout::packed(Size::new(1, 1), channels, Sample::F32);
        let given = super::bytes_of_f32(&[0.25, 0.5, 0.75, 1.0][..channels]);
        let imported = import(&layout, 0, &given).unwrap();
        let mut returned = vec![0; given.len()];
        export(&outgoing(&imported), &layout, 0, &mut returned).unwrap();
        assert_eq!(f32_of_bytes(&returned), f32_of_bytes(&given));
    }
}

#[test]
fn sizes_and_channels_out_of_range_are_refused() {
    for (size, channels) in [(Size::new(0, 1), 1), (Size::new(1, 0), 1), (Size::new(1, 1), 0), (Size::new(1, 1), 5)] {
        assert!(import(&Layout::packed(size, channels, Sample::U8), 0, &[0; 64]).is_err());
    }
}
