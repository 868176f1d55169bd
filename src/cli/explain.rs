//! `dpl explain`: the page of a code, and why a role may do what it may.

mod access;

use clap::{Args, Subcommand};
use dpl::diagnostic::catalogue::{PAGES, page, title};
use dpl::suggest::nearest;

use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl explain DPL0001
  dpl explain                       all codes with their titles
  dpl explain access Loader         what a role may do, and which lines need it";

/// Explain a code (what is wrong, the smallest program that shows it, how to mend it), or a role's permissions
#[derive(Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    subject: Option<Subject>,

    /// The code that a diagnostic shows, such as DPL0001; without one, all are listed
    code: Option<String>,
}

#[derive(Subcommand)]
enum Subject {
    Access(access::Arguments),
}

/// Prints a page, the list of all, or a role's permissions.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let text = match arguments {
        Arguments { subject: Some(Subject::Access(arguments)), .. } => return access::run(arguments),
        Arguments { code: Some(code), .. } => for_terminal(page(code).ok_or_else(|| unknown(code))?),
        Arguments { code: None, .. } => {
            PAGES.iter().map(|(code, _)| format!("{code}  {}\n", title(*code))).collect()
        }
    };
    report::result(&text);
    Ok(Outcome::Fine)
}

fn unknown(code: &str) -> Failure {
    let hint = match nearest(code, PAGES.iter().map(|(code, _)| code.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`dpl explain` lists all".to_owned(),
    };
    Failure(format!("there is no code `{code}`; {hint}"))
}

/// A page's Markdown as plain text: paragraphs filled to the terminal's width, code indented, the title underlined.
fn for_terminal(page: &str) -> String {
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            fill(&mut paragraph, &mut text);
            in_code = !in_code;
        } else if in_code {
            text.push_str(&format!("    {line}\n"));
        } else if let Some(heading) = line.strip_prefix("# ") {
            text.push_str(&format!("{heading}\n{}\n", "─".repeat(heading.chars().count())));
        } else if line.trim().is_empty() {
            fill(&mut paragraph, &mut text);
            text.push('\n');
        } else {
            if line.starts_with("- ") {
                fill(&mut paragraph, &mut text);
            }
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    fill(&mut paragraph, &mut text);
    text
}

fn fill(paragraph: &mut String, text: &mut String) {
    if !paragraph.is_empty() {
        text.push_str(&textwrap::fill(paragraph.trim_end(), report::width()));
        text.push('\n');
        paragraph.clear();
    }
}
