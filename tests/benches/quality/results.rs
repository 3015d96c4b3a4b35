//! The table of results, which is written to disk after every run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Fallible;

/// Case, quality, seed, changed options.
pub type Key = [String; 4];

/// What one run gave.
#[derive(Clone)]
pub struct Line {
    pub case: String,
    pub group: String,
    pub psnr: f64,
    pub input_psnr: f64,
    pub hole: f64,
    pub ssim: f64,
    pub best: f64,
    pub best_iteration: u32,
    pub delivered: u32,
    pub iterations: u32,
    pub seconds: f64,
    pub noise_level: f64,
    pub noise_kind: String,
}

const HEADER: &str = "case,quality,seed,options,group,psnr,input_psnr,hole,ssim,best_psnr,best_iteration,\
delivered_iteration,iterations,seconds,noise_level,noise_kind";

impl Line {
    pub fn summary(&self) -> String {
        format!(
            "{:<28} {:6.2} dB at {:4} of {:4} (best {:6.2} at {:4}), {:6.1} s, noise {} {:.1}",
            self.case,
            self.psnr,
            self.delivered,
            self.iterations,
            self.best,
            self.best_iteration,
            self.seconds,
            self.noise_kind,
            self.noise_level
        )
    }

    fn text(&self, [case, quality, seed, options]: &Key) -> String {
        let Line { group, psnr, input_psnr, hole, ssim, best, best_iteration, .. } = self;
        let Line { delivered, iterations, seconds, noise_level, noise_kind, .. } = self;
        format!(
            "{case},{quality},{seed},{options},{group},{psnr:.3},{input_psnr:.3},{hole:.3},{ssim:.4},{best:.3},\
             {best_iteration},{delivered},{iterations},{seconds:.2},{noise_level:.2},{noise_kind}"
        )
    }

    fn parse(text: &str) -> Option<(Key, Line)> {
        let words: Vec<&str> = text.split(',').collect();
        let [case, quality, seed, options, group, numbers @ .., noise_kind] = words.as_slice() else { return None };
        let numbers: Vec<f64> = numbers.iter().map(|number| number.parse()).collect::<Result<_, _>>().ok()?;
        let [psnr, input_psnr, hole, ssim, best, best_iteration, delivered, iterations, seconds, noise_level] =
            numbers[..]
        else {
            return None;
        };
        let line = Line {
            case: (*case).into(),
            group: (*group).into(),
            psnr,
            input_psnr,
            hole,
            ssim,
            best,
            best_iteration: best_iteration as u32,
            delivered: delivered as u32,
            iterations: iterations as u32,
            seconds,
            noise_level,
            noise_kind: (*noise_kind).into(),
        };
        Some(([case, quality, seed, options].map(|word| (*word).to_owned()), line))
    }
}

pub struct Results {
    path: PathBuf,
    pub lines: Vec<(Key, Line)>,
}

impl Results {
    pub fn open(path: &Path) -> Fallible<Results> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.is_empty() {
            std::fs::write(path, format!("{HEADER}\n"))?;
        }
        let lines = text.lines().skip(1).filter_map(Line::parse).collect();
        Ok(Results { path: path.into(), lines })
    }

    pub fn has(&self, key: &Key) -> bool {
        self.lines.iter().any(|(other, _)| other == key)
    }

    pub fn add(&mut self, key: Key, line: Line) -> Fallible<()> {
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        writeln!(file, "{}", line.text(&key))?;
        self.lines.push((key, line));
        Ok(())
    }

    /// Means by quality, options and group.
    pub fn print_groups(&self) {
        let mut groups: BTreeMap<[&str; 3], Vec<&Line>> = BTreeMap::new();
        for ([_, quality, _, options], line) in &self.lines {
            groups.entry([quality, options, &line.group]).or_default().push(line);
        }
        println!(
            "| quality | options | group (cases x seeds) | PSNR | over input | SSIM | hole | below best | seconds |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        for ([quality, options, group], lines) in groups {
            let mean = |f: &dyn Fn(&Line) -> f64| lines.iter().map(|line| f(line)).sum::<f64>() / lines.len() as f64;
            let cases: BTreeSet<&str> = lines.iter().map(|line| line.case.as_str()).collect();
            println!(
                "| {quality} | {options} | {group} ({} x {}) | {:.2} | {:+.2} | {:.4} | {:.2} | {:.2} | {:.1} |",
                cases.len(),
                lines.len() / cases.len(),
                mean(&|line| line.psnr),
                mean(&|line| line.psnr - line.input_psnr),
                mean(&|line| line.ssim),
                mean(&|line| line.hole),
                mean(&|line| line.best - line.psnr),
                mean(&|line| line.seconds)
            );
        }
    }
}
