//! `dpl graph`: the picture of a program.

use std::{
    env,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::DateTime;
use clap::{Args, ValueEnum};
use dpl::{
    analyze,
    graph::{graph, render},
};

use super::{
    Failure, Outcome, input,
    load::{Loaded, Program, load},
    output::place,
    replace::replace,
    report,
};

const AFTER_HELP: &str = "\
Examples:
  dpl graph examples/acme -o acme.html            one page: look around, search, ask who can read what
  dpl graph examples/acme --format svg -o acme.svg
  dpl graph --format mermaid --access             for a README or a pull request
  dpl graph --format openlineage > lineage.jsonl  for a catalog, an event a line

The page needs no network and no server. Keys: / finds, + and - zoom, 0 shows all, Tab goes from one to the next,
Escape lets go. Events of OpenLineage carry the time in SOURCE_DATE_EPOCH where it is set, else the present.

Exit codes: 0; 1 where the program has errors; 2 wrong usage, or a file that can't be read or written.";

/// Draw accounts and what lives in them, where data goes, and who can read what
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    program: input::Program,

    /// What is written
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,

    /// The file that is written; standard output without
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Draw in pictures who may do what, too; a page has it in any case
    #[arg(long)]
    access: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One page with everything in it
    Html,
    /// A picture
    Svg,
    /// Text that Mermaid draws
    Mermaid,
    /// Events of OpenLineage, one a line
    Openlineage,
}

/// Draws.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Program { sources, config, root, .. } = match load(&arguments.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(wrong) => return Ok(wrong.report(report::Format::Human)),
    };
    let analysis = analyze(sources, config.project);
    report::diagnostics(&analysis.diagnostics, &analysis.sources, report::Format::Human);
    if analysis.has_errors() {
        return Ok(Outcome::Faulty);
    }
    let graph = graph(&analysis.platform, &analysis.access);
    let text = match arguments.format {
        Format::Html => {
            let places =
                |span| place(&analysis.sources, &root, span).map(|(file, line)| (file.to_owned(), line));
            let organization = analysis.platform.organizations.first();
            let name = organization.map(|it| analysis.platform.resource(it.resource).name.as_str());
            render::html::render(&graph, name.unwrap_or("Platform"), &places)
        }
        Format::Svg => render::svg::render(&graph, arguments.access),
        Format::Mermaid => render::mermaid::render(&graph, arguments.access),
        Format::Openlineage => render::openlineage::render(&graph, &analysis.platform, &time()?),
    };
    match &arguments.out {
        Some(path) => replace(path, &text).map_err(|error| Failure::io("write", path, &error))?,
        None => report::result(&text),
    }
    Ok(Outcome::Fine)
}

/// The time that events carry, in ISO 8601. <https://reproducible-builds.org/specs/source-date-epoch/>
fn time() -> Result<String, Failure> {
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse().map_err(|_| Failure("SOURCE_DATE_EPOCH is no number of seconds".into()))?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs().cast_signed()),
    };
    let time = DateTime::from_timestamp(seconds, 0);
    let time = time.ok_or_else(|| Failure("SOURCE_DATE_EPOCH is out of range".into()))?;
    Ok(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
