"""Everything a worker imports sooner or later. Importing this module imports it.

It takes two seconds of a core. Workers are forked from a process that has done it once: else the machine would import
all the time, one worker being killed every second. What is missing here, a worker imports itself, as in Azure.
"""

from __future__ import annotations

import azure.data.tables.aio
import azure.eventhub.aio
import azure.eventhub.extensions.checkpointstoreblobaio
import azure.identity.aio
import azure.keyvault.secrets.aio
import azure.mgmt.keyvault.aio
import azure.mgmt.network.aio
import azure.monitor.ingestion.aio
import azure.storage.blob.aio  # noqa: F401
import kiota_authentication_azure.azure_identity_authentication_provider  # noqa: F401
import msgraph.generated.models.o_data_errors.o_data_error  # noqa: F401

import function_app  # noqa: F401
import shared.engine.sweep  # noqa: F401
from shared.azure.clients import _load_graph_models
from shared.engine.playbook.load import load
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from tests import lab
from tests.chaos.processes import worker  # noqa: F401

_load_graph_models()
load(lab.PLAYBOOKS, all_responders(), list(all_sources()))
