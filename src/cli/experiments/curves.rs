//! `curves`: the experiments that show why the method works.

use crate::experiments::experiment::{self, Experiment};
use crate::experiments::{losses, prior};
use crate::failure::Result;
use crate::files::uses::FileUses;
use crate::{files, settings};
use clap::ArgMatches;
use std::path::PathBuf;

/// Runs the experiment that the flags name.
///
/// # Errors
/// The picture or the folder cannot be used, a session refuses the options, or Ctrl-C was pressed.
pub fn run(matches: &ArgMatches) -> Result<()> {
    let is_prior = matches.get_flag("prior");
    let defaults = if is_prior { prior::options() } else { losses::options() };
    let options = settings::options(defaults, matches)?;
    let console = settings::console(matches);
    // Both are required by the command line's description.
    let path = |name| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let side = matches.get_one::<u32>("size").copied().unwrap_or_default() as usize;
    let folder = path("output");
    files::create_folder(&folder)?;
    let mut uses = FileUses::default();
    uses.read("the picture", &path("picture"));
    let written = if is_prior { prior::files() } else { losses::FILES.map(String::from).to_vec() };
    written.iter().try_for_each(|name| uses.write("the experiment", &folder.join(name)))?;
    let multiple = if is_prior { prior::factor(&options) } else { 1 };
    let truth = experiment::open(&path("picture"), side, multiple, &console)?;
    let experiment = Experiment { folder, options, console, truth };
    if is_prior { prior::run(&experiment) } else { losses::run(&experiment) }
}
