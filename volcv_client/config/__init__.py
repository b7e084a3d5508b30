"""Profiles with credentials and settings: :mod:`.profiles` reads them, :mod:`.edit` changes them."""

from .profiles import AUTO_LANGUAGE as AUTO_LANGUAGE
from .profiles import DEFAULT_PORTS as DEFAULT_PORTS
from .profiles import DEFAULT_PROFILE as DEFAULT_PROFILE
from .profiles import GATEWAY_PATH as GATEWAY_PATH
from .profiles import NATIVE_URL as NATIVE_URL
from .profiles import SANDBOX as SANDBOX
from .profiles import SANDBOX_KEY as SANDBOX_KEY
from .profiles import SECRETS as SECRETS
from .profiles import SETTINGS as SETTINGS
from .profiles import UPLOAD_PATH as UPLOAD_PATH
from .profiles import Profile as Profile
from .profiles import active_name as active_name
from .profiles import config_file as config_file
from .profiles import home as home
from .profiles import load_file as load_file
from .profiles import normalize_base_url as normalize_base_url
from .profiles import origin_of as origin_of
from .profiles import profile as profile
from .profiles import profile_names as profile_names
from .profiles import set_default_home as set_default_home
from .profiles import stored_language as stored_language
from .profiles import stored_values as stored_values
from .secret import clean_secret as clean_secret
from .trusted import TrustedHosts as TrustedHosts
from .trusted import canonical_name as canonical_name
