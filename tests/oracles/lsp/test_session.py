"""What an editor does with a program, one thing a test."""

import asyncio

import pytest
from lsprotocol import types


class Told(dict):
    """What the client keeps of diagnostics; counts how often each file was told of."""

    def __init__(self):
        super().__init__()
        self.count = {}

    def __setitem__(self, uri, list_):
        super().__setitem__(uri, list_)
        self.count[uri] = self.count.get(uri, 0) + 1


class Editor:
    """A file that is open: finds places by text, so that tests say what they point at."""

    def __init__(self, client, path):
        self.client, self.path = client, path
        self.uri, self.text, self.version = path.as_uri(), path.read_text() if path.exists() else "", 1
        if not isinstance(client.diagnostics, Told):
            client.diagnostics = Told()

    async def open(self, text=None):
        self.text = self.text if text is None else text
        document = types.TextDocumentItem(uri=self.uri, language_id="dpl", version=1, text=self.text)
        return await self.said(lambda: self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(text_document=document)))

    async def said(self, tell):
        """What is said about the file once something was told."""
        count = self.client.diagnostics.count
        before = count.get(self.uri, 0)
        tell()
        async with asyncio.timeout(60):
            while count.get(self.uri, 0) == before:
                await asyncio.sleep(0.005)
        return self.client.diagnostics[self.uri]

    def position(self, text, offset=0):
        at = self.text.index(text) + offset
        before = self.text[:at].split("\n")
        return types.Position(line=len(before) - 1, character=len(before[-1].encode("utf-16-le")) // 2)

    def range(self, text):
        return types.Range(start=self.position(text), end=self.position(text, len(text)))

    async def replace(self, old, new):
        change = types.TextDocumentContentChangePartial(range=self.range(old), text=new)
        self.version += 1
        self.text = self.text.replace(old, new, 1)
        return await self.said(lambda: self.client.text_document_did_change(types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
            content_changes=[change],
        )))

    def here(self, kind, text, offset=0, **more):
        return kind(text_document=types.TextDocumentIdentifier(uri=self.uri), position=self.position(text, offset), **more)

    def whole(self, kind, **more):
        return kind(text_document=types.TextDocumentIdentifier(uri=self.uri), **more)

    async def labels(self, text, offset):
        found = await self.client.text_document_completion_async(self.here(types.CompletionParams, text, offset))
        return {item.label for item in found.items}

    async def hover(self, text, offset=1):
        found = await self.client.text_document_hover_async(self.here(types.HoverParams, text, offset))
        return found.contents.value if found else ""


async def opened(client, folder, name, text=None):
    editor = Editor(client, folder / name)
    editor.first = await editor.open(text)
    return editor


def applied(text, edits):
    """The text with edits, whose columns count UTF-16 code units."""
    lines = text.split("\n")

    def offset(position):
        line = lines[position.line].encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
        return sum(len(before) + 1 for before in lines[: position.line]) + len(line)

    for edit in sorted(edits, key=lambda it: offset(it.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end):]
    return text


async def test_a_fine_program_has_no_diagnostics(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    assert list(editor.first) == []


async def test_diagnostics_come_as_one_types_and_go_again(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    (wrong,) = await editor.replace("encryption = lake_key", "encryption = lake_kez")
    assert (wrong.code, wrong.source) == ("DPL0101", "dpl")
    assert wrong.range == editor.range("lake_kez")
    assert "did you mean `lake_key`?" in wrong.message
    assert list(await editor.replace("lake_kez", "lake_key")) == []


async def test_modules_that_depend_on_a_text_are_told_of_before_it_is_saved(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    mesh = (folder / "mesh.dpl").as_uri()
    await editor.replace("role SalesDomain in lake", "role Seller in lake")
    assert {it.code for it in client.diagnostics[mesh]} == {"DPL0101"}
    await editor.replace("role Seller in lake", "role SalesDomain in lake")
    assert list(client.diagnostics[mesh]) == []


async def test_a_mend_is_offered_and_mends(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    (wrong,) = await editor.replace("encryption = lake_key", "encryption = lake_kez")
    actions = await client.text_document_code_action_async(editor.whole(
        types.CodeActionParams, range=wrong.range, context=types.CodeActionContext(diagnostics=[wrong])))
    (action,) = actions
    assert (action.kind, action.title) == ("quickfix", "Replace `lake_kez` by `lake_key`")
    mended = applied(editor.text, action.edit.changes[editor.uri])
    assert mended == editor.path.read_text()


async def test_hover_says_what_a_name_is(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    role = await editor.hover("DataEngineering in lake")
    assert "What a data engineer of the management account becomes" in role
    assert "`s3:PutObject`" in role and "data-lake-bucket" in role
    assert "role Analytics in analytics" in await editor.hover("Analytics\n")
    assert "versioning : boolean" in await editor.hover("versioning")
    assert "on `bucket`" in await editor.hover("read, list")
    hybrid = await opened(client, folder, "hybrid.dpl")
    assert "Options.VerifyMode" in await hybrid.hover("verify ")
    assert "ONLY_FILES_TRANSFERRED" in await hybrid.hover("only_files")
    streaming = await opened(client, folder, "streaming.dpl")
    assert "iot_stream.device_id : string" in await streaming.hover("device_id,")
    assert "schema Reading" in await streaming.hover("Reading in prod")


async def test_completion_offers_what_fits(client, folder):
    editor = await opened(client, folder, "hybrid.dpl", (folder / "hybrid.dpl").read_text() + "\n")
    await editor.replace("  log       = transfer\n", "  log       = \n  \n")
    assert await editor.labels("log       = ", 12) == {"off", "basic", "transfer"}
    fields = await editor.labels("log       = \n  ", 15)
    assert {"mtime", "bandwidth"} <= fields and "verify" not in fields
    assert {"bucket", "role", "grant", "use"} <= await editor.labels(editor.text[-2:], 2)
    await editor.replace('from     = nfs(host = "onprem-server.example.com"', "from     = nfs(")
    arguments = await editor.labels("nfs(", 4)
    assert "host" in arguments and not {"path", "agents"} & arguments
    lake = await opened(client, folder, "lake.dpl")
    assert {"lake_key"} == await lake.labels("encryption = lake_key", 13)
    await lake.replace("grant read, list on data_lake", "grant s3., list on data_lake")
    assert {"GetObject", "PutObject"} <= await lake.labels("grant s3.", 9)
    assert {"data_lake", "sales.customers"} <= await lake.labels("list on data_lake", 8)
    assert {"Analytics", "DataEngineering"} <= await lake.labels("to Analytics", 3)
    streaming = await opened(client, folder, "streaming.dpl")
    assert {"humidity", "AVG", "iot_stream"} - {"AVG"} <= await streaming.labels("SELECT device_id", 7)


async def test_what_is_being_typed_is_completed(client, folder):
    lake = await opened(client, folder, "lake.dpl")
    await lake.replace("  encryption = lake_key\n", "  enc\n  external = false\n")
    fields = await lake.labels("  enc\n", 5)
    assert "encryption" in fields and not {"bucket", "grant", "external"} & fields
    etl = await opened(client, folder, "etl.dpl")
    await etl.replace("  trigger = ", "  trigger = object_created()\n  timeout = ")
    assert "data_lake" in await etl.labels("object_created(", len("object_created("))
    help_ = await client.text_document_signature_help_async(
        etl.here(types.SignatureHelpParams, "object_created(", len("object_created(")))
    assert help_.signatures[0].label.startswith("object_created(location: location")


async def test_what_is_missing_is_told_before_anything_else_is_worked_out(client, folder):
    editor = await opened(client, folder, "lake.dpl")
    (wrong, *_) = await editor.replace("encryption = lake_key", "encryption = ")
    assert wrong.code.startswith("DPL00")
    told = client.diagnostics.count[editor.uri]
    await editor.replace("encryption = ", "encryption = lake_key")
    async with asyncio.timeout(60):
        while client.diagnostics[editor.uri]:
            await asyncio.sleep(0.005)
    assert client.diagnostics.count[editor.uri] > told


async def hints(client, editor):
    lines = editor.text.split("\n")
    whole = types.Range(start=types.Position(line=0, character=0), end=types.Position(line=len(lines), character=0))
    found = await client.text_document_inlay_hint_async(editor.whole(types.InlayHintParams, range=whole))
    return [(lines[it.position.line][: it.position.character].strip(), it.label) for it in found]


async def test_hints_say_what_was_worked_out(client, folder):
    etl = await hints(client, await opened(client, folder, "etl.dpl"))
    (may,) = [label for line, label in etl if line.startswith("pipeline ingest") and label.startswith("may: ")]
    assert "lambda InvokeFunction" in may
    assert any(line.startswith("pipeline ingest") and label.startswith("values ") for line, label in etl)
    streaming = await hints(client, await opened(client, folder, "streaming.dpl"))
    assert ("FROM TUMBLE(iot_stream, timestamp, INTERVAL '1' MINUTE)", "result within 95s") in streaming
    hybrid = await hints(client, await opened(client, folder, "hybrid.dpl"))
    assert any(label.startswith("may: s3 ") and "sync_landing" in label for _, label in hybrid)


async def test_lenses_prove_who_can_read_and_show_what_is_made(client, folder):
    lake = await opened(client, folder, "lake.dpl")
    lenses = await client.text_document_code_lens_async(lake.whole(types.CodeLensParams))
    line = lake.position("bucket data_lake").line
    (readers,) = [it for it in lenses if it.range.start.line == line and it.command is None]
    seen = await client.code_lens_resolve_async(readers)
    assert seen.command.title.endswith("can read") and seen.command.title[0].isdigit()
    run = lambda command: client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command.command, arguments=command.arguments))
    said = await run(seen.command)
    assert said.startswith("who can read `data_lake`:") and "DataEngineering" in said
    made = [it.command for it in lenses if it.command and it.command.title == "show artifacts"]
    assert made
    etl = await opened(client, folder, "etl.dpl")
    lenses = await client.text_document_code_lens_async(etl.whole(types.CodeLensParams))
    (tests,) = [it.command for it in lenses if it.command and it.command.title.endswith(" tests")]
    found = await run(tests)
    assert tests.title == f"{len(found)} tests" and all(it["uri"].endswith("/tests.dpl") for it in found)
    document = {"uri": etl.uri}
    at = etl.position("pipeline ingest", len("pipeline "))
    answer = await client.protocol.send_request_async(
        "dpl/artifact", {"textDocument": document, "position": {"line": at.line, "character": at.character}})
    files = {one.path: one.text for one in answer.files}
    (machine,) = [text for path, text in files.items() if path.endswith(".asl.json")]
    assert '"States"' in machine


async def test_definition_and_references_go_over_modules(client, folder):
    editor = await opened(client, folder, "mesh.dpl")
    found = await client.text_document_definition_async(editor.here(types.DefinitionParams, "SalesDomain", 2))
    assert found.uri == (folder / "lake.dpl").as_uri()
    lines = (folder / "lake.dpl").read_text().split("\n")
    assert lines[found.range.start.line].startswith("role SalesDomain")
    found = await client.text_document_references_async(editor.here(
        types.ReferenceParams, "SalesDomain", 2, context=types.ReferenceContext(include_declaration=True)))
    files = {it.uri.rsplit("/", 1)[1] for it in found}
    assert files == {"lake.dpl", "mesh.dpl", "proofs.dpl"}


async def test_renaming_changes_every_module_and_the_sql(client, folder):
    editor = await opened(client, folder, "streaming.dpl")
    await editor.replace("SELECT device_id,", "SELECT iot_stream.device_id,")
    before = await client.text_document_prepare_rename_async(editor.here(types.PrepareRenameParams, "iot_stream", 3))
    assert before == editor.range("iot_stream")
    edit = await client.text_document_rename_async(editor.here(types.RenameParams, "iot_stream", 3, new_name="devices"))
    renamed = applied(editor.text, edit.changes[editor.uri])
    assert "iot_stream" not in renamed.replace('"iot-data-stream"', "")
    assert renamed.count("devices") == 3
    lake = await opened(client, folder, "lake.dpl")
    named = {path.as_uri() for path in folder.glob("*.dpl") if "data_lake" in path.read_text()}
    edit = await client.text_document_rename_async(lake.here(types.RenameParams, "data_lake", 3, new_name="lake_of_data"))
    for uri, edits in edit.changes.items():
        path = folder / uri.rsplit("/", 1)[1]
        path.write_text(applied(path.read_text(), edits))
    assert len(named) > 3 and set(edit.changes) == named
    assert not any("data_lake" in path.read_text() for path in folder.glob("*.dpl"))
    with pytest.raises(Exception, match="can't be a name"):
        await client.text_document_rename_async(lake.here(types.RenameParams, "Analytics", 3, new_name="not good"))
    with pytest.raises(Exception, match="declared already"):
        await client.text_document_rename_async(lake.here(types.RenameParams, "Analytics in", 3, new_name="SalesDomain"))


async def test_columns_count_utf16(client, folder):
    text = 'use accounts\n\n/* 😀é */ key k in lakke {}\n'
    editor = await opened(client, folder, "smile.dpl", text)
    wrong = [it for it in editor.first if it.code == "DPL0101"][0]
    assert wrong.range == editor.range("lakke")
    assert wrong.range.start.character == 19
    assert list(await editor.replace("lakke", "lake")) == []
    found = await client.text_document_definition_async(editor.here(types.DefinitionParams, "lake", 4))
    assert found.uri == (folder / "accounts.dpl").as_uri()


async def test_symbols_folds_and_tokens(client, folder):
    editor = await opened(client, folder, "mesh.dpl")
    outline = await client.text_document_document_symbol_async(editor.whole(types.DocumentSymbolParams))
    names = {it.name: [inner.name for inner in it.children or []] for it in outline}
    assert names["sales"] == ["customers", "orders"]
    found = await client.workspace_symbol_async(types.WorkspaceSymbolParams(query="iot"))
    assert {it.name for it in found} == {"iot_stream"}
    folds = await client.text_document_folding_range_async(editor.whole(types.FoldingRangeParams))
    start = editor.position("domain sales").line
    end = editor.position("bucket mktg_data").line - 3
    assert (start, end) in {(it.start_line, it.end_line) for it in folds}
    tokens = await client.text_document_semantic_tokens_full_async(editor.whole(types.SemanticTokensParams))
    assert len(tokens.data) > 100 and len(tokens.data) % 5 == 0


async def test_formatting_is_the_commands(client, folder):
    text = "key   k in lake {rotation=true}\n"
    editor = await opened(client, folder, "crooked.dpl", "use accounts\n" + text)
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    edits = await client.text_document_formatting_async(editor.whole(types.DocumentFormattingParams, options=options))
    assert applied(editor.text, edits) == "use accounts\nkey k in lake { rotation = true }\n"
    await editor.replace("rotation=true}", "rotation=")
    edits = await client.text_document_formatting_async(editor.whole(types.DocumentFormattingParams, options=options))
    assert edits is None


async def test_files_on_disk_count_when_the_editor_tells(client, folder):
    editor = await opened(client, folder, "mesh.dpl")
    lake = folder / "lake.dpl"
    lake.write_text(lake.read_text().replace("role SalesDomain", "role Seller"))
    change = types.FileEvent(uri=lake.as_uri(), type=types.FileChangeType.Changed)
    said = await editor.said(lambda: client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(changes=[change])))
    assert {it.code for it in said} == {"DPL0101"}


async def test_hostile_texts_end_nothing(client, folder):
    editor = await opened(client, folder, "hostile.dpl", "{" * 5000 + '"' + "/*" + "\u0000" + "query a as '")
    for method in (client.text_document_document_symbol_async, client.text_document_folding_range_async):
        kind = {"text_document_document_symbol_async": types.DocumentSymbolParams}.get(method.__name__, types.FoldingRangeParams)
        await method(editor.whole(kind))
    await editor.labels("{{{", 3)
    await editor.hover("query", 2)
    assert any(it.code.startswith("DPL00") for it in editor.first)
