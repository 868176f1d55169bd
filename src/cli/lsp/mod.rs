//! `dpl lsp`: the language server over standard input and output. The protocol and files are here; what is answered comes from `dpl::lsp`.
//!
//! One thread speaks the protocol and answers from the texts that are open and from the last analysis; another reads files and analyses, a third
//! proves and generates what is asked for.

mod answer;
mod aside;
mod place;
mod program;
mod server;
mod worker;

use clap::Args;
use dpl::lsp::lens;
use lsp_server::Connection;
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    ExecuteCommandOptions, FoldingRangeProviderCapability, HoverProviderCapability, InitializeParams, OneOf,
    RenameOptions, SemanticTokensFullOptions, SemanticTokensOptions, SemanticTokensServerCapabilities,
    ServerCapabilities, ServerInfo, SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, WorkDoneProgressOptions,
};

use super::{Failure, Outcome};
use server::Server;

const AFTER_HELP: &str = "\
Editors start it; `docs/editors.md` says how. It speaks the Language Server Protocol 3.17
on standard input and output.";

/// Answer an editor: diagnostics as you type, hover, completion, navigation, renaming, mends
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The transport; standard input and output is the only one
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves until the editor says that it is enough.
pub(super) fn run(_: &Arguments) -> Result<Outcome, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure(format!("the editor breaks the protocol: {error}"));
    let (connection, threads) = Connection::stdio();
    let (id, parameters) = connection.initialize_start().map_err(|error| broken(&error))?;
    let parameters: InitializeParams = serde_json::from_value(parameters).map_err(|error| broken(&error))?;
    let result = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": ServerInfo { name: "dpl".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) },
    });
    connection.initialize_finish(id, result).map_err(|error| broken(&error))?;
    Server::new(&connection, &parameters).serve().map_err(|error| broken(&error))?;
    drop(connection);
    threads.join().map_err(|error| Failure::io("write", std::path::Path::new("standard output"), &error))?;
    Ok(Outcome::Fine)
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "=", "@", "("].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(["(", ","].map(str::to_owned).to_vec()),
            ..SignatureHelpOptions::default()
        }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(true) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: [lens::READERS, lens::TESTS, lens::ARTIFACT].map(str::to_owned).to_vec(),
            ..ExecuteCommandOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: dpl::lsp::paint::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        ..ServerCapabilities::default()
    }
}
