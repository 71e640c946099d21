"""Guess which column of an export holds what. No Odoo here."""

from .csv_reader import double_names, plain

REQUIRED = ("customer", "key", "type")
# How tools call what we look for, the most telling name first; written as they are
# compared: small letters and digits alone.
_NAMES = {
    "customer": (
        "customer customername client clientname organization organisation "
        "organizationname organisationname company companyname tenant tenantname "
        "account accountname customerid clientid organizationid organisationid "
        "companyid tenantid site sitename"
    ),
    "key": (
        "key deviceid computerid agentid endpointid machineid nodeid systemid assetid "
        "uniqueid devicekey deviceuid deviceuuid deviceguid agentguid agentuid "
        "computerguid machineguid uid uuid guid id"
    ),
    "name": (
        "name devicename computername hostname machinename endpointname systemname "
        "nodename agentname assetname displayname friendlyname netbiosname host "
        "device computer machine endpoint"
    ),
    "type": (
        "type devicetype computertype machinetype endpointtype assettype nodetype "
        "agenttype devicerole role deviceclass nodeclass class devicecategory "
        "category kind formfactor chassistype"
    ),
    "serial": (
        "serial serialnumber serialno serialnum sn deviceserial deviceserialnumber "
        "systemserialnumber biosserial biosserialnumber servicetag"
    ),
    "last_contact": (
        "lastcontact lastseen lastcheckin lastonline lastcontacttime lastcontactdate "
        "lastseentime lastseendate lastseenutc lastseenat lastcheckintime "
        "lastcheckindate lastresponse lastresponsetime lastcommunication "
        "lastconnected lastconnection lastactivity lastsync lastheartbeat"
    ),
}
NAMES = {what: tuple(names.split()) for what, names in _NAMES.items()}
KNOWN = frozenset(name for names in NAMES.values() for name in names)


def propose(header, remembered):
    """Return in which column each thing stands, as far as can be told.

    :param list header: the names in the file
    :param dict remembered: the names under which the things were found last
    :return: the places by what stands there; never two things in one place
    """
    double = double_names(header)
    places = {}
    for place, name in enumerate(header):
        places.setdefault(plain(name), place)
    for name in double | {""}:
        places.pop(name, None)
    found = {}
    for what, name in remembered.items():
        _take(found, what, places, [plain(name)])
    for what, names in NAMES.items():
        # What was left out the last time is not looked for again.
        if what not in found and remembered.get(what, what):
            _take(found, what, places, names)
    return found


def _take(found, what, places, names):
    taken = set(found.values())
    free = (places[name] for name in names if name in places)
    place = next((place for place in free if place not in taken), None)
    if place is not None:
        found[what] = place
