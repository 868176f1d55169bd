//! `dpl can` and `dpl who-can`: who may do what, over the policies that the program becomes.

mod show;

use std::path::PathBuf;

use clap::Args;
use dpl::{
    Analysis,
    access::Document,
    ask,
    diagnostic::{Diagnostic, Diagnostics, Severity},
    platform::{Assertion, AssertionSubject},
    prove::{Answer, Holder, Prover, Verdict, session_policy, speaks_of_nothing},
    question::{self, About},
    source::{FileId, SourceMap},
};

use self::show::Show;
use super::{
    Failure, Outcome,
    input::Input,
    load::{Loaded, Program, load, text_of},
    report,
};

const AFTER_HELP: &str = "\
Examples:
  dpl can Loader read data_lake examples/acme
  dpl can Loader read 'data_lake / \"clean\"' examples/acme    a place in a bucket, in quotes for the shell
  dpl can Analytics 'select(email)' sales.customers          some columns of a table
  dpl can Analytics select sales.orders --where \"country = 'DE'\"  some of its rows
  dpl can ingest invoke transform examples/acme              a pipeline, query, sync or function, as its own role
  dpl can 'group analysts' read data_lake                     a group of Identity Center
  dpl can 'saml okta' read data_lake                          those for whom an identity provider vouches
  dpl can Loader s3.GetObjectTagging data_lake                one action of AWS
  dpl can Loader read,write data_lake                         several, each with an answer
  dpl can Loader read data_lake --session-policy session.json in a session that this policy narrows

The words are those of `assert PRINCIPAL can CAP on RESOURCE`, and so is the answer: `yes` where it holds, `no` where
`cannot` holds, `partly` where neither does, `perhaps` where what it can read elsewhere may be the data, `undecided`
where what it may do is decided outside the program. The program need not be without failed assertions.

Exit codes: 0 where every answer is yes; 1 where one is not, or the program has errors; 2 wrong usage, or a file that
can't be read.";

const AFTER_HELP_WHO: &str = "\
Examples:
  dpl who-can read data_lake examples/acme
  dpl who-can 'select(email)' sales.customers
  dpl who-can select sales.orders --where \"country = 'FR'\"
  dpl who-can read 'data_lake / \"raw\"' --json

Listed are the roles of the program, as what they are reached (themselves, a role that they become, the objects under a
table, a copy), then those for whom identity providers vouch, then accounts, services and roles that exist already and
are let in, about which is decided elsewhere. The roles as which Lake Formation itself reads are not.

Exit codes: 0 where the question has an answer, also where it is nobody; 1 where the program has errors; 2 wrong usage,
or a file that can't be read.";

/// Ask whether somebody can do something, and why
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A role, or a declaration that has one; `group x`, `saml x`, `oidc x`, `account x`, `service x`
    principal: String,

    #[command(flatten)]
    what: What,

    /// A file with the session policy that narrows what the principal may do
    #[arg(long, value_name = "FILE")]
    session_policy: Option<PathBuf>,
}

/// Ask who can do something, and by which way
#[derive(Args)]
#[command(after_help = AFTER_HELP_WHO)]
pub(super) struct WhoArguments {
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
struct What {
    /// A capability, with its columns where it takes some, or an action of AWS; several with commas
    #[arg(value_name = "CAP")]
    capability: String,

    /// A declaration, or a place in a bucket: `data_lake / "raw"`
    resource: String,

    /// Only rows of a table: a condition, as SQL
    #[arg(long = "where", value_name = "SQL")]
    rows: Option<String>,

    #[command(flatten)]
    input: Input,

    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

/// Answers about one principal.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Some((analysis, asked, show)) = read(&arguments.what, Some(&arguments.principal))? else {
        return Ok(Outcome::Faulty);
    };
    let mut analysis = analysis;
    let session = match &arguments.session_policy {
        None => None,
        Some(path) => match narrowing(path, &mut analysis.sources)? {
            Ok(document) => Some(document),
            Err(faults) => {
                report::diagnostics(&faults, &analysis.sources, arguments.what.input.format);
                return Ok(Outcome::Faulty);
            }
        },
    };
    let AssertionSubject::One(principal, _) = &asked.subject else { return Ok(Outcome::Faulty) };
    let prover = Prover::new(&analysis.platform, &analysis.access);
    let answers: Vec<(String, Answer)> = asked
        .capabilities
        .iter()
        .map(|wanted| {
            let answer = prover.can(principal, wanted, &asked.on, session.as_ref());
            (prover.capability_name(wanted), answer)
        })
        .collect();
    let (name, place) = (prover.principal_name(principal), prover.place_name(&asked.on));
    let show = Show { analysis: &analysis, root: &show, rows: asked_rows(&asked) };
    report::result(&if arguments.what.json {
        show.answers_as_json(&name, &place, &answers)
    } else {
        show.answers(&name, &place, &answers)
    });
    let all = answers.iter().all(|(_, answer)| answer.verdict == Verdict::Yes);
    Ok(if all { Outcome::Fine } else { Outcome::Faulty })
}

/// Lists who can.
pub(super) fn who(arguments: &WhoArguments) -> Result<Outcome, Failure> {
    let Some((analysis, asked, root)) = read(&arguments.what, None)? else { return Ok(Outcome::Faulty) };
    let prover = Prover::new(&analysis.platform, &analysis.access);
    let lists: Vec<(String, Vec<Holder>)> = asked
        .capabilities
        .iter()
        .map(|wanted| (prover.capability_name(wanted), prover.who_can(wanted, &asked.on)))
        .collect();
    let place = prover.place_name(&asked.on);
    let show = Show { analysis: &analysis, root: &root, rows: asked_rows(&asked) };
    report::result(&if arguments.what.json {
        show.holders_as_json(&place, &lists)
    } else {
        show.holders(&place, &lists)
    });
    Ok(Outcome::Fine)
}

/// The condition of the rows that a question is about.
fn asked_rows(asked: &Assertion) -> Option<&str> {
    Some(asked.capabilities.first()?.rows.as_ref()?.text.as_str())
}

/// The program with the question, read; `None` where there are errors, which are reported.
fn read(what: &What, subject: Option<&str>) -> Result<Option<(Analysis, Assertion, PathBuf)>, Failure> {
    let format = what.input.format;
    let Program { mut sources, config, root, .. } = match load(&what.input.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => {
            misconfigured.report(format);
            return Ok(None);
        }
    };
    let question: FileId =
        question::add(&mut sources, subject, &what.capability, &what.resource, what.rows.as_deref());
    let about = if subject.is_some() { About::One } else { About::All };
    let (analysis, asked) = ask(sources, config.project, question, about);
    let Some(asked) = asked else {
        // What the program is warned of has nothing to do with the question.
        let mut faults = analysis.diagnostics;
        faults.retain(|it| it.severity == Severity::Error);
        report::diagnostics(&faults, &analysis.sources, format);
        return Ok(None);
    };
    if let Some(fault) = speaks_of_nothing(&analysis.platform, &asked) {
        report::diagnostics(&[fault], &analysis.sources, format);
        return Ok(None);
    }
    Ok(Some((analysis, asked, root)))
}

/// The session policy in a file, or what is wrong with it.
fn narrowing(
    path: &std::path::Path,
    sources: &mut SourceMap,
) -> Result<Result<Document, Vec<Diagnostic>>, Failure> {
    let (shown, text) = text_of(path)?;
    let id = sources.add(shown, "", text, false);
    let mut diagnostics = Diagnostics::default();
    let document = sources.file(id).and_then(|file| session_policy(file, &mut diagnostics));
    Ok(document.ok_or_else(|| diagnostics.into_sorted()))
}
