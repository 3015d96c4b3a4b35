//! The manual pages and the completions of shells, written from the same description as `--help`, so that
//! an installation has those of its own command.

use crate::args;
use crate::failure::{Failure, Result};
use clap::Command;
use clap::builder::{PossibleValuesParser, Resettable, StyledStr};
use clap_complete::Shell;
use dipkit::options;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Writes `dipkit.1`, a page for each subcommand, and the completions under the names that their shells look for.
///
/// # Errors
/// A folder that cannot be made or written.
pub fn run(folder: &Path) -> Result<()> {
    write(folder).map_err(|error| Failure::writing(folder, &error))
}

fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_pages(folder)?;
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut with_words(args::command()), "dipkit", folder)?;
    }
    Ok(())
}

/// clap_mangen runs the lines of tables and examples together, so the ends of the pages are written here.
fn write_pages(folder: &Path) -> io::Result<()> {
    let command = args::command();
    let without_end = |command: Command| command.after_help(Resettable::<StyledStr>::Reset);
    clap_mangen::generate_to(without_end(command.clone().mut_subcommands(without_end)), folder)?;
    append_end(&folder.join("dipkit.1"), &command)?;
    for subcommand in command.get_subcommands() {
        append_end(&folder.join(format!("dipkit-{}.1", subcommand.get_name())), subcommand)?;
    }
    Ok(())
}

fn append_end(page: &Path, command: &Command) -> io::Result<()> {
    let Some(end) = command.get_after_help() else { return Ok(()) };
    let mut page = OpenOptions::new().append(true).open(page)?;
    writeln!(page, ".SH NOTES")?;
    for paragraph in end.to_string().split("\n\n") {
        let paragraph = match paragraph.strip_prefix(args::EXIT_STATUS) {
            Some(table) => {
                writeln!(page, ".SH EXIT STATUS")?;
                table
            }
            None => paragraph,
        };
        let is_table = paragraph.lines().any(|line| line.starts_with("  "));
        let text = roff(paragraph);
        if is_table { writeln!(page, ".nf\n{text}\n.fi\n.PP")? } else { writeln!(page, "{text}\n.PP")? }
    }
    Ok(())
}

/// Text as lines of roff, in which a backslash is a command and a hyphen is not yet the one of flags. No line of ours
/// begins with the dot or quote of a request.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// `command` with the words of its choices where completions look for them. The command itself leaves them to the
/// option table, which has the better message.
fn with_words(command: Command) -> Command {
    command.mut_subcommands(|subcommand| {
        subcommand.mut_args(|arg| match options::rows().iter().find(|row| arg.get_id() == row.name) {
            Some(row) if !row.choices.is_empty() => {
                arg.value_parser(PossibleValuesParser::new(row.words().collect::<Vec<_>>()))
            }
            _ => arg,
        })
    })
}
