from . import portal_shipment
