"""A session over a copy of acme."""

import os
import shutil
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

ACME = Path(__file__).resolve().parents[3] / "examples/acme"


@pytest.fixture
def folder(tmp_path):
    # A name that must be escaped in an address.
    copy = tmp_path / "acme é 100%"
    shutil.copytree(ACME, copy)
    return copy


def factory():
    """The client, which also takes what the server registers."""
    client = make_test_lsp_client()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(parameters: types.RegistrationParams):
        assert [it.method for it in parameters.registrations] == [types.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    return client


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[os.environ["DPL"], "lsp"], client_factory=factory))
async def client(lsp_client: LanguageClient, folder):
    uri = folder.as_uri()
    await lsp_client.initialize_session(types.InitializeParams(
        capabilities=client_capabilities("visual-studio-code"),
        workspace_folders=[types.WorkspaceFolder(uri=uri, name="acme")],
        root_uri=uri,
    ))
    yield
    await lsp_client.shutdown_session()
